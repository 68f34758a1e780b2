"""The explicit-content filter: grey in lists and search, refused for tickets, for tokens issued before it too."""

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.viewer import record_key as viewer_key
from catalog.music import services
from catalog.music.models import Recording
from catalog.music.track_record import record_key
from streaming.lib import redis
from tests.factories import RecordingFactory, TrackFactory

BLOCKED = {"reason": "EXPLICIT_BLOCKED", "available_from": None, "unlock": None}


@pytest.fixture
def explicit(transactional_db, index):
    track = TrackFactory(recording=RecordingFactory(title="Loud", explicit=True))
    index()
    return track


@pytest.fixture
def client(transactional_db, api_as, bob):
    return api_as(bob)


def hide(client, value=True):
    assert client.patch("/api/v1/me", {"hide_explicit": value}, "json").status_code == 200


def ask(client, *tracks):
    items = [{"track": str(track.uid)} for track in tracks]
    return client.post("/api/v1/play-tickets", {"items": items}, "json").json()["items"]


def rows(client, track):
    """The track as each place shows it."""
    yield client.get("/api/v1/tracks").json()["results"][0]
    yield client.get(f"/api/v1/tracks/{track.uid}").json()
    yield client.get(f"/api/v1/releases/{track.release.uid}").json()["tracks"][0]
    yield client.get("/api/v1/search", {"q": "loud"}).json()["tracks"][0]


def test_an_explicit_track_is_grey_wherever_it_is_listed(client, explicit):
    assert all(row["is_playable"] for row in rows(client, explicit))

    hide(client)

    for row in rows(client, explicit):
        assert (row["explicit"], row["is_playable"], row["restriction"]) == (True, False, BLOCKED)


def test_a_token_issued_before_gets_no_ticket_any_more_and_then_again(client, explicit):
    assert ask(client, explicit)[0]["is_playable"]

    hide(client)
    assert ask(client, explicit) == [{"track": str(explicit.uid), "is_playable": False, "restriction": BLOCKED}]

    hide(client, False)
    assert ask(client, explicit)[0]["is_playable"]


def test_only_explicit_tracks_are_filtered(client, explicit):
    clean = TrackFactory()
    hide(client)

    blocked, playable = ask(client, explicit, clean)

    assert (blocked["is_playable"], playable["is_playable"]) == (False, True)
    assert client.get(f"/api/v1/tracks/{clean.uid}").json()["restriction"] is None


def test_other_accounts_and_nobody_are_not_filtered(client, api, api_as, charlie, explicit):
    hide(client)

    assert all(row["is_playable"] for other in (api, api_as(charlie)) for row in rows(other, explicit))


def test_the_filter_does_not_tell_what_does_not_exist(client):
    unready = TrackFactory(ready=False, recording=RecordingFactory(explicit=True))
    ad = TrackFactory(recording=RecordingFactory(explicit=True, kind=Recording.Kind.AD))
    hide(client)

    for track in (unready, ad):
        body = {"items": [{"track": str(track.uid)}]}
        assert client.post("/api/v1/play-tickets", body, "json").json()["code"] == "NOT_FOUND"
        assert client.get(f"/api/v1/tracks/{track.uid}").status_code == 404


def test_a_filtered_ticket_costs_no_sql(client, explicit):
    hide(client)
    ask(client, explicit)

    with CaptureQueriesContext(connection) as queries:
        ask(client, explicit)

    assert len(queries) == 0


@pytest.mark.parametrize("frozen", [False, True])
def test_with_redis_gone_the_filter_holds(client, explicit, redis_server, frozen):
    hide(client)
    redis_server.freeze() if frozen else redis_server.stop()

    assert ask(client, explicit)[0]["restriction"] == BLOCKED


def test_a_filter_switched_on_while_redis_is_away_holds_when_it_is_back(client, explicit, redis_server):
    ask(client, explicit)
    redis_server.freeze()
    hide(client)
    redis_server.thaw()
    redis.reset()
    from billing.services import push_viewers

    assert push_viewers() == 1

    assert ask(client, explicit)[0]["restriction"] == BLOCKED


def test_a_recording_that_turns_out_to_be_explicit_is_blocked_at_once(client):
    track = TrackFactory()
    hide(client)
    assert ask(client, track)[0]["is_playable"]

    Recording.objects.filter(pk=track.recording_id).update(explicit=True)
    services.change_tracks(recording_ids=[track.recording_id])

    assert ask(client, track)[0]["restriction"] == BLOCKED


def without(key, field):
    """The record as the release before wrote it."""
    version, _, body = redis.client().get(key).partition(b" ")
    old = {name: value for name, value in orjson.loads(body).items() if name != field}
    redis.client().set(key, version + b" " + orjson.dumps(old), ex=60)


def test_records_of_the_release_before_are_answered_from_sql_and_replaced(client, bob, explicit):
    hide(client)
    ask(client, explicit)
    keys = {record_key(str(explicit.uid)): "explicit", viewer_key(str(bob.uid)): "hide_explicit"}
    for key, field in keys.items():
        without(key, field)

    assert ask(client, explicit)[0]["restriction"] == BLOCKED
    for key, field in keys.items():
        assert field in orjson.loads(redis.client().get(key).partition(b" ")[2])
