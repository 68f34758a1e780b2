import django.db.models.deletion
from django.db import migrations, models

CHARTS = [
    ("tracks-daily", "Top tracks of the day"),
    ("tracks-weekly", "Top tracks of the week"),
    ("artists-daily", "Top artists of the day"),
    ("artists-weekly", "Top artists of the week"),
    ("videos-daily", "Top videos of the day"),
    ("videos-weekly", "Top videos of the week"),
    ("playlists-daily", "Top playlists of the day"),
    ("playlists-weekly", "Top playlists of the week"),
    ("trending", "Trending"),
]


class Migration(migrations.Migration):
    """Charts of playlists, and decisions about them. The table of decisions is small: its constraint is put anew."""

    dependencies = [
        ("analytics", "0002_charts"),
        ("catalog", "0020_playlists"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="chartdecision",
            name="chart_decision_of_one_thing",
        ),
        migrations.AddField(
            model_name="chartdecision",
            name="playlist",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="catalog.playlist",
            ),
        ),
        migrations.AlterField(
            model_name="chartdecision",
            name="chart",
            field=models.CharField(choices=CHARTS, max_length=20),
        ),
        migrations.AlterField(
            model_name="chartrow",
            name="chart",
            field=models.CharField(choices=CHARTS, max_length=20),
        ),
        migrations.AlterField(
            model_name="chartrow",
            name="item_id",
            field=models.BigIntegerField(help_text="The track, artist or playlist."),
        ),
        migrations.AlterField(
            model_name="chartsnapshot",
            name="chart",
            field=models.CharField(choices=CHARTS, max_length=20),
        ),
        migrations.AddConstraint(
            model_name="chartdecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("artist", None), ("playlist", None), ("track__isnull", False)),
                    models.Q(("artist__isnull", False), ("playlist", None), ("track", None)),
                    models.Q(("artist", None), ("playlist__isnull", False), ("track", None)),
                    _connector="OR",
                ),
                name="chart_decision_of_one_thing",
                violation_error_message="Choose one track, artist or playlist.",
            ),
        ),
    ]
