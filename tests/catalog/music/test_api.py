import uuid

import pytest

from catalog.music.models import Membership, Recording
from tests.factories import (
    ArtistFactory,
    GenreFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    publish_cover,
)


def full_track(**fields):
    """A track whose every list column has something in it."""
    track = TrackFactory(**fields)
    track.release.genres.add(GenreFactory())
    publish_cover(track.release)
    return track


LISTS = [("/api/v1/tracks", 2), ("/api/v1/artists", 1), ("/api/v1/releases", 3)]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("address", "queries"), LISTS)
def test_a_list_costs_the_same_with_one_and_three_rows(db, api, django_assert_num_queries, address, queries, rows):
    for _ in range(rows):
        artist = ArtistFactory()
        full_track(recording=RecordingFactory(by=[artist]), release=ReleaseFactory(by=[artist]))

    with django_assert_num_queries(queries):
        response = api.get(address)

    assert len(response.json()["results"]) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_a_release_costs_the_same_with_one_and_three_tracks(db, api, django_assert_num_queries, rows):
    release = ReleaseFactory()
    for _ in range(rows):
        TrackFactory(release=release)

    # the release, its credits, its genres; its tracks, their credits
    with django_assert_num_queries(5):
        response = api.get(f"/api/v1/releases/{release.uid}")

    assert len(response.json()["tracks"]) == rows


def test_a_track_shows_what_a_row_needs(db, api, settings):
    artist = ArtistFactory(name="Mira Solano")
    track = full_track(recording=RecordingFactory(title="Harbour", by=[artist]), number=4)

    row = api.get(f"/api/v1/tracks/{track.uid}").json()

    artwork = row["release"].pop("artwork")
    assert row == {
        "uid": str(track.uid),
        "title": "Harbour",
        "version_title": "",
        "kind": "audio",
        "isrc": None,
        "duration_ms": 60_000,
        "explicit": False,
        "disc": 1,
        "number": 4,
        "artists": [{"uid": str(artist.uid), "name": "Mira Solano", "role": "main"}],
        "artist_line": "Mira Solano",
        "release": {"uid": str(track.release.uid), "title": track.release.title},
        "is_playable": True,
        "available_until": None,
        "restriction": None,
    }
    cover = track.release.assets.get()
    assert artwork["small"].startswith(f"{settings.MEDIA_BASE_URL}/{cover.uid}/")
    assert artwork["small"].endswith("/320.webp")
    assert artwork["color"] == "#c2410c"


def test_nothing_without_a_published_asset_is_seen_anywhere(db, api):
    track = TrackFactory(ready=False)
    artist = track.recording.artists.get()

    for name in ("tracks", "artists", "releases"):
        assert api.get(f"/api/v1/{name}").json() == {"results": [], "next": None}
    for name, uid in (("tracks", track.uid), ("artists", artist.uid), ("releases", track.release.uid)):
        assert api.get(f"/api/v1/{name}/{uid}").status_code == 404
    assert api.get("/api/v1/search", {"q": track.recording.title}).json()["tracks"] == []


def test_ads_are_not_in_the_catalogue(db, api):
    track = TrackFactory(recording=RecordingFactory(kind=Recording.Kind.AD))

    assert api.get("/api/v1/tracks").json()["results"] == []
    assert api.get(f"/api/v1/tracks/{track.uid}").status_code == 404


def test_pages_follow_one_another_without_gap_or_repeat(db, api):
    wanted = [str(TrackFactory().uid) for _ in range(5)]

    seen, address = [], "/api/v1/tracks?limit=2"
    while address:
        page = api.get(address).json()
        seen += [row["uid"] for row in page["results"]]
        address = page["next"]

    assert seen == wanted[::-1]


def test_tracks_are_filtered_by_kind_artist_and_release(db, api):
    song, video = TrackFactory(), TrackFactory(recording=RecordingFactory(kind=Recording.Kind.VIDEO))
    artist = song.recording.artists.get()

    def uids(query):
        return [row["uid"] for row in api.get(f"/api/v1/tracks?{query}").json()["results"]]

    assert uids("kind=video") == [str(video.uid)]
    assert uids(f"artist={artist.uid}") == [str(song.uid)]
    assert uids(f"release={video.release.uid}") == [str(video.uid)]
    assert uids(f"artist={uuid.uuid4()}") == []
    assert api.get("/api/v1/tracks?kind=ad").status_code == 400
    assert api.get("/api/v1/tracks?artist=x").json()["errors"][0]["pointer"] == "/artist"


def test_releases_of_an_artist_newest_first(db, api):
    artist = ArtistFactory()
    old = ReleaseFactory(by=[artist], released_on="2020-01-01")
    new = ReleaseFactory(by=[artist], released_on="2024-01-01")
    TrackFactory(release=new), TrackFactory(release=old), TrackFactory()

    rows = api.get(f"/api/v1/releases?artist={artist.uid}").json()["results"]

    assert [row["uid"] for row in rows] == [str(new.uid), str(old.uid)]
    assert rows[0]["track_count"] == 1


def test_my_artists_are_those_whose_team_i_am_in(
    api_as, api, artist, artist_member, charlie, django_assert_num_queries
):
    ArtistFactory()

    mine = api_as(artist_member).get("/api/v1/me/artists").json()["results"]

    assert mine == [{"uid": str(artist.uid), "name": "Mira Solano", "role": "owner"}]
    assert api_as(charlie).get("/api/v1/me/artists").json()["results"] == []
    assert api.get("/api/v1/me/artists").status_code == 401


@pytest.mark.parametrize("rows", [1, 3])
def test_my_artists_cost_the_same_with_one_and_three(api_as, bob, django_assert_num_queries, rows):
    for _ in range(rows):
        Membership.objects.create(user=bob, artist=ArtistFactory())
    client = api_as(bob)
    client.get("/api/v1/me")

    with django_assert_num_queries(1):
        response = client.get("/api/v1/me/artists")

    assert len(response.json()["results"]) == rows
