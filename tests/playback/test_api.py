import uuid

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.viewer import fill_record
from catalog.music.models import Recording
from catalog.music.track_record import record_key
from playback.tickets import read_ticket
from streaming.lib import clock, ids, redis
from tests.factories import RecordingFactory, TrackFactory


def ask(client, *tracks, **item):
    items = [{"track": str(getattr(track, "uid", track)), **item} for track in tracks]
    return client.post("/api/v1/play-tickets", {"items": items}, format="json")


def test_a_ticket_comes_with_a_link_and_all_a_player_needs(api_as, alice, settings):
    track = TrackFactory()
    with time_machine.travel(clock.now(), tick=False):
        response = ask(api_as(alice), track, context={"kind": "album", "uid": str(track.release.uid)})
        issued_at_ms = clock.now_ms()

    assert response.status_code == 200
    [item] = response.json()["items"]
    asset = track.recording.assets.get()
    assert item["track"] == str(track.uid)
    assert item["is_playable"] is True
    assert item["presentation"] == "full"
    assert (item["kind"], item["duration_ms"], item["gain_db"]) == ("audio", 60_000, -4.0)
    assert item["link"].startswith(f"{settings.MEDIA_BASE_URL}/{asset.uid}/{issued_at_ms // 1000}-")
    assert item["link"].endswith("/main.m3u8")
    ticket = read_ticket(item["ticket"])
    assert str(ticket.play_id) == item["play_id"]
    assert ids.time_ms_of(ticket.play_id) == issued_at_ms == ticket.issued_at_ms
    assert (ticket.user_uid, ticket.track_uid, ticket.tier, ticket.market) == (alice.uid, track.uid, "paid", "US")
    assert ticket.artist_uids == (track.recording.artists.get().uid,)
    assert (ticket.context.kind, ticket.context.uid) == ("album", track.release.uid)


def test_every_listen_is_another_ticket(api_as, bob):
    track, client = TrackFactory(), api_as(bob)

    items = ask(client, track, track).json()["items"]

    assert items[0]["play_id"] != items[1]["play_id"]


def test_a_video_opens_its_video_asset(api_as, bob):
    track = TrackFactory(recording=RecordingFactory(kind=Recording.Kind.VIDEO))

    [item] = ask(api_as(bob), track).json()["items"]

    assert item["kind"] == "video"
    assert str(track.recording.assets.get(quality="video").uid) in item["link"]


def test_a_next_item_that_has_gone_does_not_stop_the_current_one(api_as, bob):
    track = TrackFactory()

    items = ask(api_as(bob), track, uuid.uuid4()).json()["items"]

    assert items[0]["is_playable"] is True
    assert items[1]["is_playable"] is False
    assert items[1]["restriction"] == {"reason": "NOT_FOUND", "available_from": None, "unlock": None}


def test_unknown_unready_and_ad_are_404_with_pointers_and_no_difference(api_as, bob):
    unready = TrackFactory(ready=False)
    ad = TrackFactory(recording=RecordingFactory(kind=Recording.Kind.AD))
    client = api_as(bob)

    answers = [ask(client, track) for track in (uuid.uuid4(), unready, ad)]

    for answer in answers:
        assert answer.status_code == 404
        assert answer.json()["code"] == "NOT_FOUND"
        assert answer.json()["errors"][0]["pointer"] == "/items/0/track"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/items"),
        ({"items": []}, "/items"),
        ({"items": "x"}, "/items"),
        ({"items": [{"track": str(uuid.uuid4())}] * 6}, "/items"),
        ({"items": [{}]}, "/items/0/track"),
        ({"items": [{"track": "x"}]}, "/items/0/track"),
        ({"items": [{"track": str(uuid.uuid4()), "context": {"kind": "mars"}}]}, "/items/0/context/kind"),
        ({"items": [{"track": str(uuid.uuid4()), "context": {"kind": "album", "uid": "x"}}]}, "/items/0/context/uid"),
        ({"items": [3]}, "/items/0"),
    ],
)
def test_a_malformed_request_is_400_with_a_pointer(api_as, bob, body, pointer):
    response = api_as(bob).post("/api/v1/play-tickets", body, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == pointer


def test_tickets_need_a_session(db, api):
    assert ask(api, TrackFactory()).status_code == 401


def test_too_many_tickets_are_429_with_an_honest_wait(api_as, bob, charlie, settings):
    settings.TICKETS_PER_MINUTE = 3
    track, client = TrackFactory(), api_as(bob)
    assert ask(client, track, track, track).status_code == 200

    response = ask(client, track)

    assert (response.status_code, response.json()["code"]) == (429, "RATE_LIMITED")
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert ask(api_as(charlie), track).status_code == 200


class CountedCommands:
    """Counts what goes over the wire to Redis: one packed command or script is one round trip."""

    def __init__(self, monkeypatch):
        self.sent = 0
        original = redis.BreakerConnection.send_packed_command

        def counted(connection, *args, **kwargs):
            self.sent += 1
            return original(connection, *args, **kwargs)

        monkeypatch.setattr(redis.BreakerConnection, "send_packed_command", counted)


def test_a_warm_ticket_costs_no_sql_and_two_round_trips(transactional_db, api_as, alice, monkeypatch):
    tracks, client = [TrackFactory() for _ in range(5)], api_as(alice)
    ask(client, *tracks)

    commands = CountedCommands(monkeypatch)
    with CaptureQueriesContext(connection) as queries:
        response = ask(client, *tracks)

    assert response.status_code == 200
    assert [query["sql"] for query in queries] == []
    assert commands.sent == 2


@pytest.mark.parametrize("frozen", [False, True])
def test_with_redis_gone_tickets_come_from_sql(transactional_db, api_as, alice, redis_server, frozen):
    track, client = TrackFactory(), api_as(alice)
    redis_server.freeze() if frozen else redis_server.stop()

    response = ask(client, track, uuid.uuid4())

    assert response.status_code == 200
    assert [item["is_playable"] for item in response.json()["items"]] == [True, False]


@pytest.mark.parametrize("frozen", [False, True])
def test_with_redis_gone_people_sign_in_and_read(transactional_db, api, bob, redis_server, frozen):
    from tests.factories.accounts import PASSWORD

    TrackFactory()
    redis_server.freeze() if frozen else redis_server.stop()

    assert (
        api.post("/auth/app/v1/auth/login", {"email": bob.email, "password": PASSWORD}, format="json").status_code
        == 200
    )
    assert len(api.get("/api/v1/tracks").json()["results"]) == 1
    assert api.get("/api/v1/search", {"q": "song"}).status_code == 200


def test_the_viewers_record_is_put_back_when_it_has_gone(transactional_db, api_as, bob):
    track, client = TrackFactory(), api_as(bob)
    redis.client().flushdb()

    assert ask(client, track).status_code == 200
    assert fill_record(str(bob.uid))["entitlements"]["tier"] == "free"


@pytest.mark.parametrize("raw", ["", "garbage", "1 {", "1 []", "1 {}", b"\xff"])
def test_a_track_record_that_another_release_wrote_is_answered_from_sql(transactional_db, api_as, bob, raw):
    track = TrackFactory()
    redis.client().set(record_key(str(track.uid)), raw)

    assert ask(api_as(bob), track).status_code == 200


@pytest.fixture(params=["full", "a replica"])
def refusing_redis(request):
    """A Redis that answers each write with an error, as when its memory is full and after a failover."""
    server = redis.client()
    if request.param == "full":
        server.config_set("maxmemory", "1")
    else:
        server.execute_command("REPLICAOF", "127.0.0.1", "1")
    yield
    server.config_set("maxmemory", "0")
    server.execute_command("REPLICAOF", "NO", "ONE")


def test_with_a_redis_that_refuses_writes_everything_is_still_answered(
    transactional_db, api, api_as, bob, refusing_redis
):
    client = api_as(bob)

    assert client.get("/api/v1/me").status_code == 200
    assert ask(client, TrackFactory()).status_code == 200
    assert client.post("/auth/sign-out").status_code == 204


def test_a_key_of_another_kind_is_answered_from_sql(transactional_db, api_as, bob):
    track = TrackFactory()
    redis.client().delete(record_key(str(track.uid)))
    redis.client().lpush(record_key(str(track.uid)), 1)
    redis.client().set(f"limit:tickets:{bob.uid}", "x")

    assert ask(api_as(bob), track).status_code == 200
