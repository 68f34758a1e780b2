from datetime import timedelta

import pytest

from catalog.music.models import ArtistAlias
from catalog.playlists.models import Playlist
from catalog.rights.models import Rule, Takedown
from streaming.lib import clock
from tests.factories import ArtistFactory, GenreFactory, RecordingFactory, ReleaseFactory, TrackFactory

pytestmark = pytest.mark.django_db
SEARCH, SUGGEST = "/api/v1/search", "/api/v1/search/suggest"


def found(api, query, section="tracks", name="title", **more):
    answer = api.get(SEARCH, {"q": query, **more})
    assert answer.status_code == 200, answer.content
    return [row[name] for row in answer.json()[section]]


def suggested(api, query):
    return [(row["text"], row["type"]) for row in api.get(SUGGEST, {"q": query}).json()["suggestions"]]


def song(title="Rain", *, by="Zoé Núñez", on="North", **recording):
    artist = ArtistFactory(name=by)
    release = ReleaseFactory(title=on, by=[artist])
    return TrackFactory(recording=RecordingFactory(title=title, by=[artist], **recording), release=release)


@pytest.fixture
def playlist(bob):
    return Playlist.objects.create(name="Rainy Sunday", owner=bob, visibility="public")


def test_an_answer_has_sections_and_the_best_of_all(api, engine, index, playlist):
    track = song("Rain")
    video = song("Rain Video", kind="video")
    index()

    body = api.get(SEARCH, {"q": "rain"}).json()

    assert set(body) == {
        "query", "top", "tracks", "artists", "releases", "playlists", "videos", "highlights", "next",
    }  # fmt: skip
    assert body["top"]["type"] == "track"
    assert body["top"]["item"] == body["tracks"][0]
    assert body["tracks"][0]["uid"] == str(track.uid)
    assert [row["uid"] for row in body["videos"]] == [str(video.uid)]
    assert [row["name"] for row in body["playlists"]] == ["Rainy Sunday"]
    assert body["next"] is None
    assert {mark["uid"]: mark["ranges"] for mark in body["highlights"]} == {
        str(track.uid): [[0, 4]], str(video.uid): [[0, 4]], str(playlist.uid): [[0, 5]],
    }  # fmt: skip


def test_the_best_may_be_an_artist_and_nothing_has_no_best(api, engine, index):
    song("Zoe at Night", by="Zoe")
    index()

    assert api.get(SEARCH, {"q": "zoe"}).json()["top"]["type"] == "artist"
    nothing = api.get(SEARCH, {"q": "xyzzyx"}).json()
    assert nothing["top"] is None
    assert nothing["highlights"] == []


def test_the_answer_names_its_engine(api, engine, index):
    for address in (SEARCH, SUGGEST):
        assert api.get(address, {"q": "rain"}).headers["Search-Engine"] == engine


def test_one_type_comes_in_pages_that_repeat_and_miss_nothing(api, engine, index):
    artist, release = ArtistFactory(), ReleaseFactory()
    for number in range(1, 8):
        TrackFactory(release=release, number=number, recording=RecordingFactory(title=f"Rain {number}", by=[artist]))
    index()

    address, seen = f"{SEARCH}?q=rain&type=track&limit=3", []
    while address:
        body = api.get(address).json()
        assert body["artists"] == []
        seen += [row["title"] for row in body["tracks"]]
        address = body["next"]

    assert sorted(seen) == [f"Rain {number}" for number in range(1, 8)]


@pytest.mark.parametrize(
    ("more", "titles"),
    [
        ({"genre": "folk"}, ["Rain A"]),
        ({"year": "2020"}, ["Rain B"]),
        ({"explicit": "true"}, ["Rain B"]),
        ({"explicit": "false"}, ["Rain A"]),
        ({"genre": "folk", "year": "2020"}, []),
    ],
)
def test_filters_narrow_it(api, engine, index, more, titles):
    first = song("Rain A", on="Rain Of A")
    song("Rain B", on="Rain Of B", explicit=True)
    ArtistFactory(name="Rain")
    first.release.genres.add(GenreFactory(slug="folk"))
    first.release.released_on = "2021-05-05"
    first.release.save()
    index()

    assert found(api, "rain", **more) == titles
    assert found(api, "rain", type="track", **more) == titles
    assert found(api, "rain", "artists", "name", **more) == []
    assert len(found(api, "rain", "releases", **more)) == (0 if "explicit" in more else len(titles))


@pytest.mark.parametrize("code", ["GBAYE0601477", "gb-aye-06-01477", " GB AYE 06 01477 "])
def test_a_pasted_isrc_finds_its_tracks(api, engine, index, code):
    song("Rain", isrc="GBAYE0601477")

    assert found(api, code) == ["Rain"]
    assert found(api, code, type="track") == ["Rain"]


@pytest.mark.parametrize("code", ["036000291452", "0036000291452", "0-36000-29145-2"])
def test_a_pasted_upc_finds_its_release(api, engine, index, code):
    track = song("Rain")
    track.release.upc = "036000291452"
    track.release.save()

    assert found(api, code, "releases") == ["North"]


def test_a_mistyped_name_is_found(api, engine, index):
    song("Harbour at Night", by="Mira Solano")
    index()

    for query in ("harbuor", "harbor at night", "harbour at nihgt", "mira solana"):
        assert found(api, query) == ["Harbour at Night"], query
    assert found(api, "mira solana", "artists", "name") == ["Mira Solano"]


@pytest.mark.parametrize("query", ["harbour storm", "100%", "_", "\\"])
def test_what_does_not_match_is_not_found(api, engine, index, query):
    song("Harbour at Night")
    index()

    assert found(api, query) == []


def test_names_are_suggested_once_best_first(api, engine, index, playlist):
    song("Rain", on="Rain")
    song("Rain", on="Rain")
    song("Rainfall")
    index()

    assert suggested(api, "rain")[:2] in (
        [("Rain", "track"), ("Rain", "release")],
        [("Rain", "release"), ("Rain", "track")],
    )
    assert set(suggested(api, "rain")) == {
        ("Rain", "track"), ("Rain", "release"), ("Rainfall", "track"), ("Rainy Sunday", "playlist"),
    }  # fmt: skip


def test_an_alias_finds_the_artist(api, engine, index):
    track = song("Rain")
    ArtistAlias.objects.create(artist=track.recording.credits.get().artist, name="The Quiet One")
    index()

    assert found(api, "quiet one", "artists", "name") == ["Zoé Núñez"]
    assert found(api, "quiet one rain") == ["Rain"]


# --- What a viewer may not see, is not there -----------------------------------------------------------------------


def is_nowhere(api, query):
    body = api.get(SEARCH, {"q": query}).json()
    sections = ("tracks", "artists", "releases", "playlists", "videos", "highlights")
    assert {name: body[name] for name in sections} == {name: [] for name in sections}
    assert body["top"] is None
    assert suggested(api, query) == []
    for kind in ("track", "artist", "release", "playlist", "video"):
        page = api.get(SEARCH, {"q": query, "type": kind}).json()
        assert [page[name] for name in sections[:5]] == [[]] * 5
        assert page["next"] is None


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
def test_a_hidden_playlist_is_nowhere_even_while_the_index_has_it(
    api, api_as, bob, engine, index, playlist, visibility
):
    index()
    assert suggested(api, "rainy") == [("Rainy Sunday", "playlist")]
    secret = playlist.uid if visibility == "unlisted" else None
    Playlist.objects.update(visibility=visibility, secret=secret)

    is_nowhere(api, "rainy")
    is_nowhere(api_as(bob), "rainy")
    index()
    is_nowhere(api, "rainy")


@pytest.mark.parametrize("announced", [None, timedelta(days=1)])
@pytest.mark.parametrize("kind", ["audio", "video"])
def test_a_draft_and_an_embargoed_release_are_nowhere(api, engine, index, announced, kind):
    track = song("Rain", on="Rainy North", by="Rainer", kind=kind)
    track.release.announced_at = announced and clock.now() + announced
    track.release.save()
    index()

    is_nowhere(api, "rain")


def test_what_was_taken_down_or_is_over_is_nowhere(api, engine, index):
    for by in ("Rainer", "Rainey"):
        track = song("Rain", on="Rainy North", by=by)
        Rule.objects.filter(label=track.release.label).update(ends_at=clock.now() - timedelta(days=1))
    last = song("Rain", on="Rainy South", by="Rainward")
    Takedown.objects.create(recording=last.recording, reason="court", starts_at=clock.now())
    index()

    is_nowhere(api, "rain")


def test_an_ad_and_a_track_without_an_asset_are_nowhere(api, engine, index):
    song("Rain", kind="ad", label=None)
    TrackFactory(recording=RecordingFactory(title="Rain"), ready=False)
    index()

    is_nowhere(api, "rain")


def test_what_comes_later_and_what_is_elsewhere_are_greyed(api, engine, index):
    later, elsewhere = song("Rain Later"), song("Rain Elsewhere")
    later.release.released_on = clock.now().date() + timedelta(days=9)
    later.release.save()
    Rule.objects.filter(label=elsewhere.release.label).update(scope="include", territories=["JP"])
    index()

    rows = api.get(SEARCH, {"q": "rain"}).json()["tracks"]

    assert {row["title"]: row["restriction"]["reason"] for row in rows} == {
        "Rain Later": "NOT_YET_RELEASED", "Rain Elsewhere": "GEO_RESTRICTED",
    }  # fmt: skip


def test_more_is_asked_for_where_much_is_not_for_the_viewer(api, engine, index):
    hidden = ReleaseFactory(announced_at=None)
    for number in range(1, 41):
        TrackFactory(release=hidden, number=number, recording=RecordingFactory(title="Rain"))
    song("Rain Song")
    index()

    assert found(api, "rain") == ["Rain Song"]
    assert found(api, "rain", type="track") == ["Rain Song"]


# --- Odd questions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [SEARCH, SUGGEST])
@pytest.mark.parametrize("query", ["", " ", "x" * 201, "x" * 10_000, "nul\x00"])
def test_a_query_that_can_not_be_is_400_with_its_name(api, address, query):
    response = api.get(address, {"q": query})

    assert response.status_code == 400
    assert response.json()["code"] == "INVALID"
    if "\0" not in query:
        assert response.json()["errors"][0]["pointer"] == "/q"


@pytest.mark.parametrize("address", [SEARCH, SUGGEST])
def test_a_missing_query_is_400(api, address):
    assert api.get(address).json()["errors"][0]["pointer"] == "/q"


ODD = [
    "a", "*", "?", "!!!", "...", "\\", "'", '"', "' OR 1=1 --", "a:* & !b", "(((", "title:rain AND *:*", "rain~2 ^5",
    "[a TO z]", "/.*/", "🎵", "🎵 rain", "رain ночь 雨", "\u200b", "\u202e", "ﷺ" * 60, "a " * 100, "é" * 200,
    "%", "_", "{}", "<script>", "&", "feat.", "and", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("address", [SEARCH, SUGGEST])
@pytest.mark.parametrize("query", ODD)
def test_an_odd_query_has_an_answer(api, engine, index, address, query):
    song("Rain")
    index()
    api.raise_request_exception = False

    answer = api.get(address, {"q": query.encode("utf-8", "replace").decode()})

    assert answer.status_code in (200, 400), answer.content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "song"), ("genre", "Ä b"), ("genre", "x" * 41), ("year", "20x0"), ("year", "99999"),
        ("explicit", "yes"), ("limit", "0"), ("limit", "101"), ("limit", "9" * 5000), ("cursor", "x"),
        ("cursor", "p9999"), ("cursor", "p-1"), ("cursor", "p²"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_400_with_its_name(api, name, value):
    response = api.get(SEARCH, {"q": "rain", "type": "track", name: value})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == f"/{name}"


@pytest.mark.parametrize(("name", "value"), [("limit", "5"), ("cursor", "p5")])
def test_pages_without_a_type_are_400(api, name, value):
    assert api.get(SEARCH, {"q": "rain", name: value}).json()["errors"][0]["pointer"] == f"/{name}"


@pytest.mark.parametrize("rows", [1, 3])
def test_search_costs_the_same_with_one_and_three_rows(api, index, bob, django_assert_num_queries, rows):
    for number in range(rows):
        artist = ArtistFactory(name=f"Rain {number}")
        release = ReleaseFactory(title=f"Rain {number}", by=[artist])
        for kind in ("audio", "video"):
            TrackFactory(recording=RecordingFactory(title=f"Rain {number}", by=[artist], kind=kind), release=release)
        Playlist.objects.create(name=f"Rain {number}", owner=bob, visibility="public")
    index()

    # the engine, its timeout and the savepoint around it: 5; tracks and their credits; artists; releases, their credits
    # and genres; playlists
    with django_assert_num_queries(12):
        body = api.get("/api/v1/search", {"q": "rain"}).json()
    # the engine; a query for each kind of name
    with django_assert_num_queries(9):
        names = api.get("/api/v1/search/suggest", {"q": "rain"}).json()["suggestions"]

    sections = ("tracks", "artists", "releases", "playlists", "videos")
    assert [len(body[name]) for name in sections] == [rows] * 5
    assert len(names) == min(8, rows * 5)
