from datetime import datetime

from django.db import models
from django.db.models import F, Q


class ArtistDay(models.Model):
    """What counted for an artist on a UTC day of receipt."""

    pk = models.CompositePrimaryKey("artist_id", "day")
    artist_id = models.BigIntegerField()
    day = models.DateField()
    streams = models.PositiveIntegerField()
    plays = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(streams__lte=F("plays")), name="artist_day_streams_are_plays")
        ]

    def __str__(self) -> str:
        return f"artist {self.artist_id} on {self.day}"


class TrackDay(models.Model):
    """What counted for a track on a UTC day of receipt."""

    pk = models.CompositePrimaryKey("track_id", "day")
    track_id = models.BigIntegerField()
    day = models.DateField()
    streams = models.PositiveIntegerField()
    plays = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(streams__lte=F("plays")), name="track_day_streams_are_plays")]

    def __str__(self) -> str:
        return f"track {self.track_id} on {self.day}"


class RollupProgress(models.Model):
    """One row: every play received before `counted_through` is in the totals."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_through: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="rollup_progress_is_one_row")]

    def __str__(self) -> str:
        return f"counted through {self.counted_through}"
