"""Playlists and what is on them."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.ingest.models import color_validator
from catalog.music.models import Track
from streaming.lib import clock, ids

# An address takes a PUT for an hour; and then somebody may be slow.
PUT_IS_OVER_AFTER = timedelta(hours=2)


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
        return str(self.track)


class PlaylistCoverQuerySet(models.QuerySet["PlaylistCover"]):
    def ready(self) -> "PlaylistCoverQuerySet":
        """What a playlist shows."""
        return self.filter(state=PlaylistCover.State.READY)

    def claimable(self, at: datetime) -> "PlaylistCoverQuerySet":
        """Those that a worker may take: nobody has them, or a worker that died."""
        return self.filter(Q(claimed_until=None) | Q(claimed_until__lte=at), state=PlaylistCover.State.CHECKING)

    def over(self, at: datetime) -> "PlaylistCoverQuerySet":
        """Those that nothing shows and nobody sends any more, once no address takes their picture and no worker is
        storing what it made of it."""
        gone = Q(playlist=None) | Q(state=PlaylistCover.State.REPLACED) | Q(state=PlaylistCover.State.UPLOADING)
        unclaimed = Q(claimed_until=None) | Q(claimed_until__lte=at)
        return self.filter(gone, unclaimed, created_at__lt=at - PUT_IS_OVER_AFTER)


class PlaylistCover(models.Model):
    """A picture that its owner sent for a playlist. The uid is the folder of its files in R2, in both buckets.

    The row outlives its playlist until the files are gone: they are found by it.
    """

    class State(models.TextChoices):
        UPLOADING = "uploading", "Uploading"
        CHECKING = "checking", "Being checked"
        READY = "ready", "Ready"
        REFUSED = "refused", "Refused"
        REPLACED = "replaced", "Replaced or removed"

    # Version 4, like that of an asset: a link must not tell when it was made.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    playlist = models.ForeignKey(Playlist, on_delete=models.SET_NULL, null=True, related_name="covers")
    state = models.CharField(max_length=9, choices=State.choices, default=State.UPLOADING)
    refusal = models.CharField(max_length=500, blank=True, help_text="Why, in a sentence for the owner.")
    color = models.CharField(max_length=7, blank=True, validators=[color_validator])
    size = models.PositiveIntegerField(help_text="Bytes, as announced.")
    content_type = models.CharField(max_length=10)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True)
    has_original = models.BooleanField(default=True, help_text="Whether what was sent may be in the store.")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = PlaylistCoverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["playlist"], condition=Q(state="ready"), name="playlist_cover_one_ready"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal=""), name="playlist_cover_refusal_is_explained"
            ),
        ]
        indexes = [
            # Beat reads these; nearly all are ready, and their originals gone.
            models.Index(fields=["created_at"], name="playlist_cover_unfinished", condition=~Q(state="ready")),
            models.Index(fields=["created_at"], name="playlist_cover_original", condition=Q(has_original=True)),
            models.Index(fields=["created_at"], name="playlist_cover_orphan", condition=Q(playlist=None)),
        ]

    def __str__(self) -> str:
        return f"{self.state} cover of {self.playlist_id}"
