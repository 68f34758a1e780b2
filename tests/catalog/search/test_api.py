import pytest

from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory, TrackFactory


def found(api, query, section="tracks", name="title"):
    return [row[name] for row in api.get("/api/v1/search", {"q": query}).json()[section]]


@pytest.fixture
def harbour(db):
    artist = ArtistFactory(name="Zoé Núñez")
    release = ReleaseFactory(title="Northern Lights", by=[artist])
    return TrackFactory(recording=RecordingFactory(title="Harbour at Night", by=[artist]), release=release)


@pytest.mark.parametrize("query", ["harbour", "NIGHT", "harb nig", "zoe harbour", "nunez", "Núñez"])
def test_a_track_is_found_by_words_of_its_title_and_artists_without_accents(api, harbour, query):
    assert found(api, query) == ["Harbour at Night"]


def test_artists_and_releases_are_found(api, harbour):
    assert found(api, "zoe", "artists", "name") == ["Zoé Núñez"]
    assert found(api, "northern", "releases") == ["Northern Lights"]
    assert found(api, "zoe", "releases") == ["Northern Lights"]


@pytest.mark.parametrize("query", ["harbour storm", "100%", "_", "\\"])
def test_what_does_not_match_is_not_found(api, harbour, query):
    assert found(api, query) == []


def test_names_that_begin_with_the_words_come_first(db, api):
    for title in ("Old Rain", "Rain", "Rainfall"):
        TrackFactory(recording=RecordingFactory(title=title))

    assert found(api, "rain") == ["Rain", "Rainfall", "Old Rain"]


@pytest.mark.parametrize("query", ["", " ", "x" * 201, "nul\x00"])
def test_a_query_that_can_not_be_is_400_with_its_name(db, api, query):
    response = api.get("/api/v1/search", {"q": query})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/q"


def test_a_missing_query_is_400(db, api):
    assert api.get("/api/v1/search").json()["errors"][0]["pointer"] == "/q"


@pytest.mark.parametrize("rows", [1, 3])
def test_search_costs_the_same_with_one_and_three_rows(db, api, django_assert_num_queries, rows):
    for number in range(rows):
        artist = ArtistFactory(name=f"Rain {number}")
        TrackFactory(
            recording=RecordingFactory(title=f"Rain {number}", by=[artist]),
            release=ReleaseFactory(title=f"Rain {number}", by=[artist]),
        )

    # tracks and their credits; artists; releases, their credits and genres
    with django_assert_num_queries(6):
        body = api.get("/api/v1/search", {"q": "rain"}).json()

    assert [len(body[name]) for name in ("tracks", "artists", "releases")] == [rows, rows, rows]
