"""Playlists and what is on them."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.music.models import Track
from streaming.lib import clock, ids


class PlaylistQuerySet(models.QuerySet["Playlist"]):
    def visible_to(self, user_id: int | None, secret: uuid.UUID | None = None) -> "PlaylistQuerySet":
        """Public ones, one's own, and the unlisted one that the secret is of. For everybody else there is nothing."""
        visible = Q(visibility=Playlist.Visibility.PUBLIC)
        if user_id is not None:
            visible |= Q(owner_id=user_id)
        if secret is not None:
            visible |= Q(visibility=Playlist.Visibility.UNLISTED, secret=secret)
        return self.filter(visible)

    def public(self) -> "PlaylistQuerySet":
        return self.filter(visibility=Playlist.Visibility.PUBLIC)

    def editorial(self) -> "PlaylistQuerySet":
        return self.filter(owner=None)


class Playlist(models.Model):
    """A list of tracks. Without an owner it is editorial: editors keep it in the admin."""

    class Visibility(models.TextChoices):
        PRIVATE = "private", "Private"
        UNLISTED = "unlisted", "Unlisted: whoever has the link"
        PUBLIC = "public", "Public"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, editable=False, db_index=False, related_name="+"
    )
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE)
    secret: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(
        null=True, unique=True, editable=False, help_text="What opens an unlisted one; random, without a time in it."
    )
    revision = models.PositiveIntegerField(default=1, editable=False, help_text="Raised by each edit.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=clock.now, editable=False)

    objects = PlaylistQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(visibility="unlisted", secret__isnull=False) | (~Q(visibility="unlisted") & Q(secret=None)),
                name="playlist_secret_while_unlisted",
            ),
        ]
        indexes = [models.Index(fields=["owner", "-id"], name="playlist_newest_of_owner")]

    def __str__(self) -> str:
        return self.name


class PlaylistEntry(models.Model):
    """A track's place on a playlist; the same track may have several. `rank` only says what comes before what."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    # The constraint's index begins with the playlist.
    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, db_index=False, related_name="entries")
    track = models.ForeignKey(Track, on_delete=models.CASCADE, related_name="+")
    rank = models.BigIntegerField(editable=False)
    added_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "playlist entries"
        constraints = [
            # Checked at the commit: entries that change places meet in between.
            models.UniqueConstraint(
                fields=["playlist", "rank"], name="playlist_rank_once", deferrable=models.Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track_id} on {self.playlist_id}"
