import django.db.models.deletion
import streaming.lib.clock
from django.db import migrations, models


TABLES = {
    "analytics_chartsnapshot": "a chart",
    "analytics_chartrow": "a chart",
    "analytics_chartdecision": "the history of decisions about charts",
}


def trigger(table, words):
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{words} is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse();
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; DROP FUNCTION {table}_refuse();",
    )


class Migration(migrations.Migration):
    """Snapshots of charts with their rows, and what editors decide about them: all append-only."""

    dependencies = [
        ("analytics", "0001_ledger_and_totals"),
        ("catalog", "0018_codes_by_shape_checked"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChartSnapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "chart",
                    models.CharField(
                        choices=[
                            ("tracks-daily", "Top tracks of the day"),
                            ("tracks-weekly", "Top tracks of the week"),
                            ("artists-daily", "Top artists of the day"),
                            ("artists-weekly", "Top artists of the week"),
                            ("videos-daily", "Top videos of the day"),
                            ("videos-weekly", "Top videos of the week"),
                            ("trending", "Trending"),
                        ],
                        max_length=20,
                    ),
                ),
                ("country", models.CharField(blank=True, help_text="Empty: worldwide.", max_length=2)),
                ("first", models.DateField(help_text="UTC days of receipt, both within.")),
                ("last", models.DateField()),
                ("formula", models.PositiveSmallIntegerField(help_text="The version that it was made by.")),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("chart", "country", "last"), name="chart_snapshot_once"),
                    models.CheckConstraint(
                        condition=models.Q(("first__lte", models.F("last"))), name="chart_snapshot_first_before_last"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("country__regex", "^([A-Z]{2})?$")), name="chart_snapshot_country_shape"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChartDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "chart",
                    models.CharField(
                        choices=[
                            ("tracks-daily", "Top tracks of the day"),
                            ("tracks-weekly", "Top tracks of the week"),
                            ("artists-daily", "Top artists of the day"),
                            ("artists-weekly", "Top artists of the week"),
                            ("videos-daily", "Top videos of the day"),
                            ("videos-weekly", "Top videos of the week"),
                            ("trending", "Trending"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "verb",
                    models.CharField(
                        choices=[("hide", "Hide"), ("show", "Show again")],
                        default="hide",
                        max_length=4,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("actor_uid", models.UUIDField(editable=False, null=True)),
                ("at", models.DateTimeField(default=streaming.lib.clock.now, editable=False)),
                (
                    "artist",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.artist",
                    ),
                ),
                (
                    "track",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.track",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["chart", "-id"], name="chart_decision_of_chart")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("artist__isnull", False), ("track", None)),
                            models.Q(("artist", None), ("track__isnull", False)),
                            _connector="OR",
                        ),
                        name="chart_decision_of_one_thing",
                        violation_error_message="Choose a track or an artist.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="chart_decision_has_a_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChartRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "chart",
                    models.CharField(
                        choices=[
                            ("tracks-daily", "Top tracks of the day"),
                            ("tracks-weekly", "Top tracks of the week"),
                            ("artists-daily", "Top artists of the day"),
                            ("artists-weekly", "Top artists of the week"),
                            ("videos-daily", "Top videos of the day"),
                            ("videos-weekly", "Top videos of the week"),
                            ("trending", "Trending"),
                        ],
                        max_length=20,
                    ),
                ),
                ("country", models.CharField(blank=True, max_length=2)),
                ("last", models.DateField(verbose_name="period to")),
                ("item_id", models.BigIntegerField(help_text="The track or artist.")),
                ("rank", models.PositiveSmallIntegerField()),
                ("streams", models.PositiveIntegerField(help_text="Those that count.")),
                ("listeners", models.PositiveIntegerField()),
                (
                    "usual_listeners",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Of an average day before; in trending only.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("score", models.DecimalField(decimal_places=4, max_digits=16)),
                ("previous", models.PositiveSmallIntegerField(help_text="The rank one period earlier.", null=True)),
                ("peak", models.PositiveSmallIntegerField()),
                ("periods", models.PositiveIntegerField(help_text="On the chart, with this one.")),
                (
                    "snapshot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rows",
                        to="analytics.chartsnapshot",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["chart", "country", "item_id", "-last"], name="chart_row_of_item")],
                "constraints": [
                    models.UniqueConstraint(fields=("snapshot", "rank"), name="chart_row_one_rank"),
                    models.UniqueConstraint(fields=("snapshot", "item_id"), name="chart_row_item_once"),
                    models.CheckConstraint(
                        condition=models.Q(("peak__gte", 1), ("peak__lte", models.F("rank")), ("periods__gte", 1)),
                        name="chart_row_history_holds",
                    ),
                ],
            },
        ),
        *[trigger(table, words) for table, words in TABLES.items()],
    ]
