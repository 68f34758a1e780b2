"""What was streamed how often, passed down to search every night: it weighs names that fit equally well by it."""

from collections.abc import Iterator
from itertools import islice

from django.db.models import Sum

from analytics.totals.models import ArtistDay, TrackDay
from catalog.music.models import Track
from catalog.search.models import Kind
from catalog.search.services import note_streams

CHUNK = 5_000


def pass_on_popularity() -> int:
    """Totals of tracks and artists, and of releases by their tracks; how many documents wait because of it."""
    return _pass_on(Kind.TRACK, "track_id", TrackDay) + _pass_on(Kind.ARTIST, "artist_id", ArtistDay) + _of_releases()


def _pass_on(kind: Kind, column: str, model: type[TrackDay] | type[ArtistDay]) -> int:
    totals = model._default_manager.values_list(column).annotate(streams=Sum("streams")).order_by(column)
    return _in_chunks(kind, totals.iterator(CHUNK))


def _of_releases() -> int:
    """A release is as popular as its tracks together."""
    heard: dict[int, int] = {}
    streams = TrackDay.objects.values_list("track_id").annotate(streams=Sum("streams")).order_by("track_id")
    found = streams.iterator(CHUNK)
    while chunk := dict(islice(found, CHUNK)):
        for track_id, release_id in Track.objects.filter(pk__in=chunk).values_list("pk", "release_id"):
            heard[release_id] = heard.get(release_id, 0) + chunk[track_id]
    return _in_chunks(Kind.RELEASE, iter(sorted(heard.items())))


def _in_chunks(kind: Kind, totals: Iterator[tuple[int, int]]) -> int:
    raised = 0
    while chunk := list(islice(totals, CHUNK)):
        raised += note_streams(kind=kind, streams=chunk)
    return raised
