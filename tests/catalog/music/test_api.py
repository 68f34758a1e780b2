import uuid
from datetime import timedelta

import pytest
import time_machine

from catalog.music.models import Membership, Recording, RecordingCredit
from catalog.rights.models import Rule
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


def full_track(**fields):
    """A track whose every list column has something in it."""
    track = TrackFactory(**fields)
    track.release.genres.add(GenreFactory())
    publish_cover(track.release)
    return track


SIZES = {"small": 320, "large": 1000, "full": 1400}

LISTS = [
    ("/api/v1/tracks", 2),
    ("/api/v1/artists", 1),
    ("/api/v1/releases", 3),
    ("/api/v1/new-releases", 3),
    ("/api/v1/labels", 1),
    ("/api/v1/genres", 1),
]


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

    row = api.get("/api/v1/tracks").json()["results"][0]

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
    folder = artwork["small"].removesuffix("320.webp")
    assert folder.startswith(f"{settings.MEDIA_BASE_URL}/{cover.uid}/")
    assert artwork == {
        **{name: f"{folder}{size}.webp" for name, size in SIZES.items()},
        "jpeg": {name: f"{folder}{size}.jpg" for name, size in SIZES.items()},
        "color": "#c2410c",
    }


def test_nothing_without_a_published_asset_is_seen_anywhere(db, api, index):
    track = TrackFactory(ready=False)
    artist = track.recording.artists.get()
    index()

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


def test_an_artist_with_several_parts_in_a_track_has_it_once(db, api):
    artist = ArtistFactory()
    track = TrackFactory(recording=RecordingFactory(by=[artist]))
    RecordingCredit.objects.create(recording=track.recording, artist=artist, role="composer", position=1)

    rows = api.get(f"/api/v1/tracks?artist={artist.uid}").json()["results"]

    assert [row["uid"] for row in rows] == [str(track.uid)]


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


@pytest.mark.parametrize("rows", [1, 3])
def test_a_track_costs_the_same_with_one_and_three_credits(db, api, django_assert_num_queries, rows):
    track = TrackFactory(recording=RecordingFactory(by=[ArtistFactory() for _ in range(rows)]))

    # the track, the names in its line, its credits, its lyrics
    with django_assert_num_queries(4):
        response = api.get(f"/api/v1/tracks/{track.uid}")

    assert len(response.json()["credits"]) == rows


def test_credits_have_roles_and_a_line_of_names(db, api):
    mira, kai, ada = (ArtistFactory(name=name) for name in ("Mira", "Kai", "Ada"))
    recording = RecordingFactory(by=[mira])
    RecordingCredit.objects.create(recording=recording, artist=kai, role="featured", position=1)
    RecordingCredit.objects.create(recording=recording, artist=ada, role="producer", position=2)
    RecordingCredit.objects.create(recording=recording, artist=mira, role="composer", position=3)
    track = TrackFactory(recording=recording)

    page = api.get(f"/api/v1/tracks/{track.uid}").json()

    assert page["artist_line"] == "Mira feat. Kai"
    assert [(credit["name"], credit["role"]) for credit in page["artists"]] == [("Mira", "main"), ("Kai", "featured")]
    assert [(credit["name"], credit["role"]) for credit in page["credits"]] == [
        ("Mira", "main"),
        ("Kai", "featured"),
        ("Ada", "producer"),
        ("Mira", "composer"),
    ]


def test_one_recording_on_single_and_album_is_found_by_its_isrc(db, api):
    recording = RecordingFactory(isrc="QZBBT2600001")
    places = {str(TrackFactory(recording=recording).uid) for _ in range(2)}
    TrackFactory()

    rows = api.get("/api/v1/tracks?isrc=qzbbt2600001").json()["results"]

    assert {row["uid"] for row in rows} == places
    assert api.get("/api/v1/tracks?isrc=QZBBT2600002").json()["results"] == []
    assert api.get("/api/v1/tracks?isrc=").status_code == 400
    assert api.get(f"/api/v1/tracks?isrc={'9' * 13}").json()["errors"][0]["pointer"] == "/isrc"


def test_a_release_is_found_by_its_upc_label_genre_and_kind(db, api):
    release = ReleaseFactory(upc="036000291452", kind="single")
    release.genres.add(GenreFactory(slug="folk"))
    TrackFactory(release=release), TrackFactory()

    for query in ("upc=036000291452", f"label={release.label.uid}", "genre=folk", "kind=single"):
        rows = api.get(f"/api/v1/releases?{query}").json()["results"]
        assert [row["uid"] for row in rows] == [str(release.uid)]
    assert api.get("/api/v1/releases?kind=tape").status_code == 400
    assert api.get("/api/v1/releases?label=x").status_code == 400


def test_many_are_asked_for_by_uid_and_what_is_over_is_grey(db, api):
    here, over, draft = TrackFactory(), TrackFactory(), TrackFactory(release__announced_at=None)
    Rule.objects.create(track=over, ends_on="2021-01-01")

    def ask(name, *uids):
        return api.get(f"/api/v1/{name}", {"uids": ",".join(map(str, uids))})

    rows = ask("tracks", here.uid, over.uid, draft.uid, uuid.uuid4()).json()["results"]
    assert {row["uid"]: row["is_playable"] for row in rows} == {str(here.uid): True, str(over.uid): False}
    releases = ask("releases", *(track.release.uid for track in (here, over, draft))).json()["results"]
    assert {row["uid"]: row["is_playable"] for row in releases} == {
        str(here.release.uid): True, str(over.release.uid): False,
    }  # fmt: skip
    artist = here.recording.artists.get()
    assert [row["uid"] for row in ask("artists", artist.uid).json()["results"]] == [str(artist.uid)]
    assert ask("tracks", *[uuid.uuid4()] * 51).status_code == 400
    assert ask("tracks", here.uid, "x").json()["errors"][0]["pointer"] == "/uids"


def test_rows_of_releases_say_what_can_be_played_of_them(db, api):
    elsewhere = TrackFactory(number=1, release__title="Elsewhere")
    Rule.objects.create(track=elsewhere, scope="include", territories=["JP"])
    half = TrackFactory(number=1, release__title="Half")
    Rule.objects.create(track=half, access="preview")
    TrackFactory(number=2, release=half.release)

    rows = {row["title"]: row for row in api.get("/api/v1/releases").json()["results"]}

    assert rows["Half"]["is_playable"] is True
    assert rows["Half"]["restriction"] is None
    assert rows["Elsewhere"]["is_playable"] is False
    assert rows["Elsewhere"]["restriction"]["reason"] == "GEO_RESTRICTED"
    page = api.get(f"/api/v1/releases/{half.release.uid}").json()
    assert page["is_playable"] is True
    assert [track["is_playable"] for track in page["tracks"]] == [False, True]


def test_new_releases_are_those_that_are_out(db, api):
    old, new = (TrackFactory(release__released_on=day) for day in ("2020-01-01", "2026-01-01"))
    TrackFactory(release__released_on=(clock.now() + timedelta(days=30)).date())

    rows = api.get("/api/v1/new-releases").json()["results"]

    assert [row["uid"] for row in rows] == [str(new.release.uid), str(old.release.uid)]
    assert len(api.get("/api/v1/releases").json()["results"]) == 3


def test_labels_and_genres_with_something_to_browse_by_name(db, api):
    GenreFactory(name="Empty"), LabelFactory(name="Empty")
    for name in ("Beta", "Alpha"):
        track = TrackFactory(release__label=LabelFactory(name=name))
        track.release.genres.add(GenreFactory(name=name))
    hidden = TrackFactory(release__announced_at=None, release__label=LabelFactory(name="Hidden"))
    hidden.release.genres.add(GenreFactory(name="Hidden"))

    for address in ("/api/v1/labels", "/api/v1/genres"):
        assert [row["name"] for row in api.get(address).json()["results"]] == ["Alpha", "Beta"]
    label = track.release.label
    assert api.get(f"/api/v1/labels/{label.uid}").json() == {"uid": str(label.uid), "name": "Alpha"}
    assert api.get(f"/api/v1/labels/{hidden.release.label.uid}").status_code == 404


def test_a_release_shows_its_codes_lines_and_label(db, api):
    release = ReleaseFactory(
        upc="036000291452", version_title="Deluxe", released_precision="year", language="pt-BR",
        p_line="2020 Night Bus", c_line="2020 Mira", by=[ArtistFactory(name="Mira"), ArtistFactory(name="Kai")],
    )  # fmt: skip
    TrackFactory(release=release)

    page = api.get(f"/api/v1/releases/{release.uid}").json()

    assert (page["upc"], page["version_title"], page["released_precision"]) == ("036000291452", "Deluxe", "year")
    assert (page["language"], page["p_line"], page["c_line"]) == ("pt-BR", "2020 Night Bus", "2020 Mira")
    assert page["label"] == {"uid": str(release.label.uid), "name": release.label.name}
    assert page["artist_line"] == "Mira, Kai"


def test_an_artist_shows_all_names(db, api):
    artist = ArtistFactory(name="Ryuichi Sakamoto", sort_name="Sakamoto, Ryuichi", native_name="坂本龍一")
    artist.aliases.create(name="Professor")
    TrackFactory(recording=RecordingFactory(by=[artist]))

    page = api.get(f"/api/v1/artists/{artist.uid}").json()

    assert (page["sort_name"], page["native_name"], page["aliases"]) == ("Sakamoto, Ryuichi", "坂本龍一", ["Professor"])


@pytest.mark.parametrize("address", ["tracks", "releases", "new-releases", "artists", "labels", "genres"])
def test_what_has_not_changed_is_304(db, api, address):
    track = full_track()
    with time_machine.travel("2026-11-30T12:00:10Z", tick=False):
        first = api.get(f"/api/v1/{address}")
        assert first.headers["ETag"]
        tag = {"If-None-Match": first.headers["ETag"]}
        assert api.get(f"/api/v1/{address}", headers=tag).status_code == 304

        track.recording.title = track.release.title = "Changed"
        track.recording.save(), track.release.save()
        if address in ("tracks", "releases", "new-releases"):
            assert api.get(f"/api/v1/{address}", headers=tag).status_code == 200
