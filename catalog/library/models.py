"""Who saved what, and when."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from catalog.music.models import Artist, Release, Track
from catalog.playlists.models import Playlist
from streaming.lib import clock


class Saved(models.Model):
    """One thing in one person's library. Keys ascend with the time of saving, so they are the order of the list."""

    class Type(models.TextChoices):
        TRACK = "track", "Track"
        RELEASE = "release", "Release"
        ARTIST = "artist", "Artist"
        PLAYLIST = "playlist", "Playlist"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=8, choices=Type.choices)
    track = models.ForeignKey(Track, on_delete=models.CASCADE, null=True, related_name="+")
    release = models.ForeignKey(Release, on_delete=models.CASCADE, null=True, related_name="+")
    artist = models.ForeignKey(Artist, on_delete=models.CASCADE, null=True, related_name="+")
    playlist = models.ForeignKey(Playlist, on_delete=models.CASCADE, null=True, related_name="+")
    saved_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name_plural = "saved"
        constraints = [
            models.CheckConstraint(
                condition=Q(type="track", track__isnull=False, release=None, artist=None, playlist=None)
                | Q(type="release", track=None, release__isnull=False, artist=None, playlist=None)
                | Q(type="artist", track=None, release=None, artist__isnull=False, playlist=None)
                | Q(type="playlist", track=None, release=None, artist=None, playlist__isnull=False),
                name="saved_one_thing",
            ),
            models.UniqueConstraint(fields=["user", "track"], name="saved_track_once"),
            models.UniqueConstraint(fields=["user", "release"], name="saved_release_once"),
            models.UniqueConstraint(fields=["user", "artist"], name="saved_artist_once"),
            models.UniqueConstraint(fields=["user", "playlist"], name="saved_playlist_once"),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="saved_newest"),
            models.Index(fields=["user", "type", "-id"], name="saved_newest_of_type"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.track_id or self.release_id or self.artist_id or self.playlist_id}"
