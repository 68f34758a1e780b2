import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from analytics.plays.services import make_partitions
from streaming.lib import clock


def make_first_partitions(apps, schema_editor):
    make_partitions(at=clock.now())


# Django can't declare partitions. Wide columns first, so that no row is padded. No default partition: it would take in
# ids that no month should hold, and then keep that month from being attached.
CREATE_LEDGER = """
CREATE TABLE analytics_play (
    play_id uuid PRIMARY KEY,
    context_uid uuid,
    lease_uid uuid,
    listener bigint NOT NULL,
    track_id bigint NOT NULL,
    recording_id bigint NOT NULL,
    counter bigint,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    listened_ms integer NOT NULL,
    listened_on date NOT NULL,
    counted_on date NOT NULL,
    artist_ids bigint[] NOT NULL,
    tier varchar(8) NOT NULL,
    market varchar(2) NOT NULL,
    context_kind varchar(16) NOT NULL,
    presentation varchar(8) NOT NULL
) PARTITION BY RANGE (play_id);
CREATE INDEX play_listener ON analytics_play (listener, play_id);
"""


class Migration(migrations.Migration):
    """The ledger with its first months, listener numbers, what is pending, and totals by day."""

    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="ListenerNumber",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listener_number",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            CREATE_LEDGER,
            "DROP TABLE analytics_play",
            state_operations=[
                migrations.CreateModel(
                    name="Play",
                    fields=[
                        ("play_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("listener", models.BigIntegerField()),
                        ("track_id", models.BigIntegerField()),
                        ("recording_id", models.BigIntegerField()),
                        (
                            "artist_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                help_text="The main artists; each gets one whole stream.",
                                size=None,
                            ),
                        ),
                        ("tier", models.CharField(max_length=8)),
                        ("market", models.CharField(max_length=2)),
                        ("context_kind", models.CharField(max_length=16)),
                        ("context_uid", models.UUIDField(null=True)),
                        ("presentation", models.CharField(max_length=8)),
                        ("listened_ms", models.IntegerField(help_text="Time actually rendered.")),
                        ("started_at", models.DateTimeField(help_text="By the client's clock, as sent.")),
                        ("ended_at", models.DateTimeField(help_text="By the client's clock, as sent.")),
                        ("received_at", models.DateTimeField()),
                        ("lease_uid", models.UUIDField(null=True)),
                        ("counter", models.BigIntegerField(null=True)),
                        ("listened_on", models.DateField(help_text="The listener's own date.")),
                        (
                            "counted_on",
                            models.DateField(help_text="The UTC day of receipt, for totals, charts and money."),
                        ),
                    ],
                    options={"indexes": [models.Index(fields=["listener", "play_id"], name="play_listener")]},
                ),
            ],
        ),
        migrations.RunPython(make_first_partitions, migrations.RunPython.noop),
        migrations.CreateModel(
            name="PlayPending",
            fields=[
                ("play_id", models.UUIDField(primary_key=True, serialize=False)),
                ("track_id", models.BigIntegerField()),
                (
                    "artist_ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("tier", models.CharField(max_length=8)),
                ("market", models.CharField(max_length=2)),
                ("context_kind", models.CharField(max_length=16)),
                ("is_stream", models.BooleanField()),
                ("counted_on", models.DateField()),
            ],
            options={"db_table": "analytics_play_pending"},
        ),
        migrations.CreateModel(
            name="ArtistDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "artist_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("artist_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("streams", models.PositiveIntegerField()),
                ("plays", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("streams__lte", models.F("plays"))), name="artist_day_streams_are_plays"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrackDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "track_id", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("track_id", models.BigIntegerField()),
                ("day", models.DateField()),
                ("streams", models.PositiveIntegerField()),
                ("plays", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("streams__lte", models.F("plays"))), name="track_day_streams_are_plays"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RollupProgress",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("counted_through", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="rollup_progress_is_one_row")
                ],
            },
        ),
    ]
