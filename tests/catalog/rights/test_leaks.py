"""What is not announced is nowhere: every place that shows the catalogue is asked."""

from datetime import timedelta

import pytest

from catalog.rights.models import Rule
from streaming.lib import clock
from tests.factories import ArtistFactory, GenreFactory, RecordingFactory, ReleaseFactory, TrackFactory, publish_cover

WORD = "Zebrafink"


def places(client, track):
    """Every answer that could say something of the track, its release or its artist."""
    artist = track.recording.credits.get().artist
    for address in (
        "/api/v1/tracks", "/api/v1/releases", "/api/v1/artists", f"/api/v1/search?q={WORD.lower()}",
        f"/api/v1/tracks?artist={artist.uid}", f"/api/v1/tracks?release={track.release.uid}",
        f"/api/v1/releases?artist={artist.uid}", f"/api/v1/tracks/{track.uid}", f"/api/v1/releases/{track.release.uid}",
        f"/api/v1/artists/{artist.uid}",
    ):  # fmt: skip
        yield client.get(address).content.decode()
    asked = client.post("/api/v1/play-tickets", {"items": [{"track": str(track.uid)}]}, "json")
    yield asked.content.decode().replace(str(track.uid), "")


@pytest.fixture
def secret(db):
    artist = ArtistFactory(name=f"{WORD} artist")
    release = ReleaseFactory(title=f"{WORD} release", by=[artist], announced_at=None)
    release.genres.add(GenreFactory(name=f"{WORD} genre"))
    cover = publish_cover(release)
    track = TrackFactory(release=release, recording=RecordingFactory(title=f"{WORD} song", by=[artist]))
    return track, str(cover.uid)


@pytest.mark.parametrize("days", [None, 1])
def test_before_its_announcement_nothing_is_said_of_it(secret, api_as, alice, days):
    track, cover = secret
    track.release.announced_at = days and clock.now() + timedelta(days=days)
    track.release.save()

    for text in places(api_as(alice), track):
        assert WORD not in text
        assert cover not in text
        assert str(track.release.uid) not in text


def test_the_cover_of_what_is_to_come_does_not_become_the_artists_picture(secret, api):
    track, cover = secret
    artist = track.recording.credits.get().artist
    TrackFactory(release=ReleaseFactory(by=[artist]), recording=RecordingFactory(by=[artist]))

    assert cover not in api.get("/api/v1/artists").content.decode()
    assert cover not in api.get(f"/api/v1/artists/{artist.uid}").content.decode()


def test_announced_and_not_released_it_is_there_with_its_date(secret, api_as, alice):
    track, _ = secret
    track.release.announced_at = clock.now()
    track.release.released_on = (clock.now() + timedelta(days=7)).date()
    track.release.save()

    row = api_as(alice).get("/api/v1/tracks").json()["results"][0]

    assert (row["is_playable"], row["restriction"]["reason"]) == (False, "NOT_YET_RELEASED")
    assert row["restriction"]["available_from"].startswith(str(track.release.released_on))


def test_a_window_that_ended_is_gone_from_browsing_and_greyed_by_its_uid(db, api):
    track = TrackFactory()
    Rule.objects.create(release=track.release, ends_at=clock.now() - timedelta(seconds=1))

    for address in ("/api/v1/tracks", "/api/v1/releases", "/api/v1/artists"):
        assert api.get(address).json()["results"] == []
    assert api.get("/api/v1/search", {"q": track.recording.title}).json()["tracks"] == []
    for row in (api.get(f"/api/v1/tracks/{track.uid}"), api.get(f"/api/v1/releases/{track.release.uid}")):
        assert row.status_code == 200
        assert "WINDOW_ENDED" in row.content.decode()


def test_the_market_decides_and_is_no_parameter(db, api_as, alice, settings):
    track = TrackFactory()
    Rule.objects.create(release=track.release, scope="include", territories=["DE"])

    row = api_as(alice).get("/api/v1/tracks?market=DE", headers={"CF-IPCountry": "DE"}).json()["results"][0]

    assert row["restriction"]["reason"] == "GEO_RESTRICTED"


def test_each_row_says_until_when(db, api):
    track = TrackFactory()
    end = clock.now() + timedelta(days=3)
    Rule.objects.create(release=track.release, ends_at=end)

    row = api.get("/api/v1/tracks").json()["results"][0]

    assert row["available_until"] == end.isoformat().replace("+00:00", "Z")
