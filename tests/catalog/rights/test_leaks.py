"""What is not announced is nowhere: every place that shows the catalogue is asked."""

import json
from datetime import timedelta

import pytest

from catalog.music.models import Lyrics
from catalog.rights.models import Rule
from catalog.rights.services import open_takedown, restore_takedown
from streaming.lib import clock
from tests.factories import (
    ArtistFactory,
    GenreFactory,
    LabelFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    publish_cover,
)

WORD = "Zebrafink"


def places(client, track):
    """Every answer that could say something of the track, its release or its artist."""
    artist, release = track.recording.credits.get().artist, track.release
    for address in (
        "tracks", "releases", "artists", "labels", "genres", "new-releases", f"search?q={WORD.lower()}",
        f"tracks?artist={artist.uid}", f"tracks?release={release.uid}", f"tracks?isrc={track.recording.isrc}",
        f"tracks?uids={track.uid}", f"releases?artist={artist.uid}", f"releases?upc={release.upc}",
        f"releases?label={release.label.uid}", f"releases?genre={release.genres.get().slug}",
        f"releases?uids={release.uid}", f"new-releases?genre={release.genres.get().slug}",
        f"new-releases?label={release.label.uid}", f"artists?uids={artist.uid}", f"tracks/{track.uid}",
        f"tracks/{track.uid}/lyrics", f"releases/{release.uid}", f"labels/{release.label.uid}",
        f"artists/{artist.uid}", f"artists/{artist.uid}/dashboard",
    ):  # fmt: skip
        yield client.get(f"/api/v1/{address}").content.decode()
    asked = client.post("/api/v1/play-tickets", {"items": [{"track": str(track.uid)}]}, "json")
    yield asked.content.decode().replace(str(track.uid), "")


@pytest.fixture
def secret(db):
    artist = ArtistFactory(name=f"{WORD} artist")
    label = LabelFactory(name=f"{WORD} label")
    release = ReleaseFactory(
        title=f"{WORD} release", label=label, by=[artist], announced_at=None, upc="036000291452", p_line=WORD
    )
    release.genres.add(GenreFactory(name=f"{WORD} genre"))
    cover = publish_cover(release)
    recording = RecordingFactory(title=f"{WORD} song", label=label, by=[artist], isrc="QZBBT2600001")
    Lyrics.objects.create(recording=recording, language="en", text=f"Oh {WORD}")
    track = TrackFactory(release=release, recording=recording)
    return track, str(cover.uid)


@pytest.mark.parametrize("days", [None, 1])
def test_before_its_announcement_nothing_is_said_of_it(secret, api_as, alice, index, days):
    track, cover = secret
    track.release.announced_at = days and clock.now() + timedelta(days=days)
    track.release.save()
    index()

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


def test_every_one_of_these_places_shows_it_once_it_is_out(secret, api_as, alice, index):
    """Otherwise the test above could not fail: the words that it looks for would be nowhere anyway."""
    track, _ = secret
    track.release.announced_at = clock.now()
    track.release.save()
    index()

    silent = [text for text in places(api_as(alice), track) if WORD not in text and "link" not in text]
    # The dashboard is its artist's team's.
    assert [json.loads(text)["code"] for text in silent] == ["NOT_FOUND"]


def test_the_cover_of_what_was_taken_down_is_no_longer_the_artists_picture(db, api, index):
    artist = ArtistFactory(name="Mira")
    old, new = (ReleaseFactory(by=[artist], released_on=day) for day in ("2020-01-01", "2024-01-01"))
    covers = [publish_cover(release) for release in (old, new)]
    for release in (old, new):
        TrackFactory(release=release, recording=RecordingFactory(by=[artist]))
    index()

    def shown():
        listed, found = api.get("/api/v1/artists").json()["results"], api.get("/api/v1/search?q=mira").json()["artists"]
        for row in (*listed, *found, api.get(f"/api/v1/artists/{artist.uid}").json()):
            yield [str(cover.uid) in row["artwork"]["small"] for cover in covers]

    assert list(shown()) == [[False, True]] * 3
    case = open_takedown(release=new, reason="copyright", claimant="A painter")
    assert list(shown()) == [[True, False]] * 3
    restore_takedown(takedown=case)
    assert list(shown()) == [[False, True]] * 3


def test_announced_and_not_released_it_is_there_with_its_date(secret, api_as, alice):
    track, _ = secret
    track.release.announced_at = clock.now()
    track.release.released_on = (clock.now() + timedelta(days=7)).date()
    track.release.save()

    row = api_as(alice).get("/api/v1/tracks").json()["results"][0]

    assert (row["is_playable"], row["restriction"]["reason"]) == (False, "NOT_YET_RELEASED")
    assert row["restriction"]["available_from"].startswith(str(track.release.released_on))


def test_a_window_that_ended_is_gone_from_browsing_and_greyed_by_its_uid(db, api, index):
    track = TrackFactory()
    Rule.objects.create(release=track.release, ends_at=clock.now() - timedelta(seconds=1))
    index()

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
