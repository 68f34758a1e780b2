import django.db.models.deletion
import streaming.lib.clock
import streaming.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """What somebody searched for."""

    dependencies = [
        ("catalog", "0021_playlist_covers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RecentSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=streaming.lib.ids.new_uid, editable=False, unique=True)),
                ("q", models.CharField(help_text="As it was typed last.", max_length=200)),
                ("normalised", models.CharField(max_length=800)),
                (
                    "opened_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("track", "Track"),
                            ("release", "Release"),
                            ("artist", "Artist"),
                            ("playlist", "Playlist"),
                        ],
                        max_length=8,
                    ),
                ),
                ("opened_uid", models.UUIDField(null=True)),
                ("used_at", models.DateTimeField(default=streaming.lib.clock.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "recent searches",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "normalised"), name="recent_search_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("opened_type", ""), ("opened_uid", None)),
                            models.Q(models.Q(("opened_type", ""), _negated=True), ("opened_uid__isnull", False)),
                            _connector="OR",
                        ),
                        name="recent_search_opened_whole",
                    ),
                ],
            },
        ),
    ]
