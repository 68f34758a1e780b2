from tests.factories import TrackFactory


def test_signed_in_answers_are_private_and_come_with_an_etag(api_as, bob):
    client = api_as(bob)
    TrackFactory()

    first = client.get("/api/v1/tracks")
    second = client.get("/api/v1/tracks", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert not first.headers["ETag"].startswith("W/")
    assert (second.status_code, second.content) == (304, b"")


def test_answers_to_nobody_say_nothing_of_caches(db, api):
    assert "Cache-Control" not in api.get("/api/v1/tracks").headers
