"""What somebody searched for."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from streaming.lib import clock, ids

LONGEST = 800


class RecentSearch(models.Model):
    """A search that its person used, once however it was written. With what was opened from it, if they said so."""

    class Type(models.TextChoices):
        TRACK = "track", "Track"
        RELEASE = "release", "Release"
        ARTIST = "artist", "Artist"
        PLAYLIST = "playlist", "Playlist"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    # The constraint's index begins with the user.
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="+")
    q = models.CharField(max_length=200, help_text="As it was typed last.")
    normalised = models.CharField(max_length=LONGEST)
    opened_type = models.CharField(max_length=8, choices=Type.choices, blank=True)
    opened_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)
    used_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "recent searches"
        constraints = [
            models.UniqueConstraint(fields=["user", "normalised"], name="recent_search_once"),
            models.CheckConstraint(
                condition=Q(opened_type="", opened_uid=None) | (~Q(opened_type="") & Q(opened_uid__isnull=False)),
                name="recent_search_opened_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.q
