"""Search learns every night what is streamed most."""

from datetime import date

from analytics.totals.models import ArtistDay, TrackDay
from analytics.totals.popularity import pass_on_popularity
from analytics.totals.tasks import pass_on_popularity as nightly
from catalog.search.models import SearchDocument
from tests.factories import ReleaseFactory, TrackFactory


def popularity(thing):
    return SearchDocument.objects.get(uid=thing.uid).popularity


def test_totals_become_powers_of_two(db, index):
    release = ReleaseFactory()
    first, second = TrackFactory(release=release, number=1), TrackFactory(release=release, number=2)
    artist = first.recording.artists.get()
    for day in (1, 2):
        TrackDay.objects.create(track_id=first.pk, day=date(2026, 1, day), streams=500, plays=600)
    TrackDay.objects.create(track_id=second.pk, day=date(2026, 1, 1), streams=1100, plays=1100)
    TrackDay.objects.create(track_id=999_999, day=date(2026, 1, 1), streams=5, plays=5)
    ArtistDay.objects.create(artist_id=artist.pk, day=date(2026, 1, 1), streams=1000, plays=1000)

    assert pass_on_popularity() == 4
    index()

    assert [popularity(thing) for thing in (first, second, release, artist)] == [9, 10, 11, 9]
    assert pass_on_popularity() == 0


def test_a_night_without_plays_raises_nothing(db, index):
    TrackFactory()

    nightly()

    assert pass_on_popularity() == 0
