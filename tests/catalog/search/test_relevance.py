"""What people type and what they mean by it: the same on both engines."""

import pytest

from catalog.music.models import ArtistAlias, Track
from catalog.search.models import IndexRow
from tests.catalog.search.test_api import SEARCH, found, song
from tests.catalog.search.words import SPELLINGS
from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory, TrackFactory

pytestmark = pytest.mark.django_db


def popular(track: Track, bucket: int):
    row = IndexRow.objects.get(kind="track", key=track.pk)
    row.popularity, row.version = bucket, row.version + 1
    row.save()


@pytest.mark.parametrize("query", ["harbour", "NIGHT", "harb nig", "zoe harbour", "nunez", "Núñez", "night harbour"])
def test_a_track_is_found_by_words_of_its_title_and_artists_in_any_order(api, engine, index, query):
    song("Harbour at Night", on="Northern Lights")
    song("Something Else", by="Somebody")
    index()

    assert found(api, query) == ["Harbour at Night"]
    assert found(api, "zoe", "releases") == ["Northern Lights"]
    assert found(api, "zoe", "artists", "name") == ["Zoé Núñez"]


def test_every_spelling_of_the_list_finds_its_name(api, engine, index):
    names = sorted({name for name, _ in SPELLINGS})
    for name in names:
        song("Another", by=name)
    index()

    missed = [(name, typed) for name, typed in SPELLINGS if name not in found(api, typed, "artists", "name")]

    assert missed == []


@pytest.mark.parametrize(
    ("titles", "query"),
    [
        (["Rain", "Rain Song", "Rainfall", "Old Rain"], "rain"),
        (["Été", "Ete"], "été"),
        (["Ete", "Été"], "ete"),
        (["Night Bus", "The Night Bus Home"], "night bus"),
    ],
)
def test_the_nearer_name_comes_first(api, engine, index, titles, query):
    for number, title in enumerate(reversed(titles)):
        song(title, by=f"By {number}", on=f"On {number}")
    index()

    assert found(api, query) == titles


def test_of_equal_names_the_more_popular_comes_first(api, engine, index):
    tracks = [song("Hello", by=name, on=name) for name in ("Ann", "Ben", "Cem")]
    popular(tracks[1], 20)
    popular(tracks[2], 8)
    index()

    assert found(api, "hello", name="uid")[:2] == [str(tracks[1].uid), str(tracks[2].uid)]


def test_a_whole_name_stays_above_a_famous_one_that_begins_so(api, engine, index):
    song("Hello", by="Ann", on="A")
    popular(song("Hello Everybody", by="Ben", on="B"), 20)
    index()

    assert found(api, "hello") == ["Hello", "Hello Everybody"]


def test_an_artist_and_a_title_together_find_the_one_song(api, engine, index):
    for by in ("Ann Weller", "Ben Okoro"):
        song("Hello", by=by, on=f"Of {by}")
    index()

    rows = api.get(SEARCH, {"q": "okoro hello"}).json()["tracks"]
    assert [row["artist_line"] for row in rows] == ["Ben Okoro"]


def test_feat_in_any_form_finds_a_featured_artist(api, engine, index):
    main, guest = ArtistFactory(name="Ann"), ArtistFactory(name="Ola")
    track = TrackFactory(recording=RecordingFactory(title="Night", by=[main]), release=ReleaseFactory(by=[main]))
    track.recording.credits.create(artist=guest, role="featured", position=1)
    ArtistAlias.objects.create(artist=guest, name="Olá Oló")
    index()

    for query in ("ann feat ola night", "night (ft. Ola)", "ann & ola", "night featuring olo"):
        assert found(api, query) == ["Night"], query
