import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Sum

from analytics.dashboards.rules import RULE, TOP_TRACKS, DayStreams, Period, days_of
from analytics.totals.models import ArtistDay, TrackDay
from analytics.totals.queries import counted_through
from billing.viewer import Viewer
from catalog.music.models import Artist, RecordingCredit, Track
from catalog.music.queries import artist_of_member, counted_tracks


@dataclass(frozen=True)
class TopTrack:
    track: Track
    streams: int


@dataclass(frozen=True)
class Dashboard:
    artist: Artist
    period: Period
    counted_through: datetime | None
    by_day: list[DayStreams]
    top_tracks: list[TopTrack]
    rule: str = RULE

    @property
    def streams(self) -> int:
        return sum(day.streams for day in self.by_day)

    @property
    def previous_streams(self) -> int:
        return sum(day.previous_streams for day in self.by_day)


def artist_dashboard(viewer: Viewer, artist_uid: uuid.UUID, *, days: int, at: datetime) -> Dashboard | None:
    """The artist's streams in the `days` UTC days that end today, for a member of its team; None for everyone else.

    Five queries, on totals only.
    """
    artist = artist_of_member(viewer, artist_uid)
    if artist is None:
        return None
    period = Period(last=at.astimezone(UTC).date(), days=days)
    # Before the totals, so that it never says more than they hold.
    through = counted_through()
    totals = ArtistDay.objects.filter(artist_id=artist.pk, day__range=(period.previous_first, period.last))
    return Dashboard(
        artist=artist,
        period=period,
        counted_through=through,
        by_day=days_of(period, dict(totals.values_list("day", "streams"))),
        top_tracks=_top_tracks(artist, period),
    )


def _top_tracks(artist: Artist, period: Period) -> list[TopTrack]:
    """The most streamed first, and of equals the older; tracks without streams are left out."""
    own = Track.objects.filter(
        recording__credits__artist=artist, recording__credits__role=RecordingCredit.Role.MAIN
    ).values("pk")
    totals = TrackDay.objects.filter(track_id__in=own, day__range=(period.first, period.last))
    summed = totals.values("track_id").annotate(sum=Sum("streams")).filter(sum__gt=0).order_by("-sum", "track_id")
    ranked = dict(summed.values_list("track_id", "sum")[:TOP_TRACKS])
    tracks = {track.pk: track for track in counted_tracks(list(ranked))}
    return [TopTrack(tracks[pk], streams) for pk, streams in ranked.items() if pk in tracks]
