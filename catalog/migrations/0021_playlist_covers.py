import django.core.validators
import django.db.models.deletion
import streaming.lib.clock
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    """Pictures that owners send for their playlists."""

    dependencies = [
        ("catalog", "0020_playlists"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlaylistCover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploading", "Uploading"),
                            ("checking", "Being checked"),
                            ("ready", "Ready"),
                            ("refused", "Refused"),
                            ("replaced", "Replaced or removed"),
                        ],
                        default="uploading",
                        max_length=9,
                    ),
                ),
                (
                    "refusal",
                    models.CharField(blank=True, help_text="Why, in a sentence for the owner.", max_length=500),
                ),
                (
                    "color",
                    models.CharField(
                        blank=True,
                        max_length=7,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A#[0-9a-f]{6}\\Z", "A colour is # and six hexadecimal digits."
                            )
                        ],
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="Bytes, as announced.")),
                ("content_type", models.CharField(max_length=10)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "has_original",
                    models.BooleanField(default=True, help_text="Whether what was sent may be in the store."),
                ),
                ("created_at", models.DateTimeField(default=streaming.lib.clock.now, editable=False)),
                (
                    "playlist",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="covers",
                        to="catalog.playlist",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "ready"), _negated=True),
                        fields=["created_at"],
                        name="playlist_cover_unfinished",
                    ),
                    models.Index(
                        condition=models.Q(("has_original", True)),
                        fields=["created_at"],
                        name="playlist_cover_original",
                    ),
                    models.Index(
                        condition=models.Q(("playlist", None)), fields=["created_at"], name="playlist_cover_orphan"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "ready")), fields=("playlist",), name="playlist_cover_one_ready"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(("refusal", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="playlist_cover_refusal_is_explained",
                    ),
                ],
            },
        ),
    ]
