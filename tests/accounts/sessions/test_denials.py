"""The deny list [invariant]: an ended session is refused at once, whatever happens to Redis."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.sessions import denials, services, tasks
from accounts.sessions.models import Session
from streaming.lib import clock, redis
from tests.accounts.sessions.racing import parallel
from tests.factories.accounts import PASSWORD


def me(client):
    answer = client.get("/api/v1/me")
    return answer.status_code if answer.status_code == 200 else answer.json()["code"]


def sign_out(client):
    assert client.post("/auth/sign-out").status_code == 204


def test_an_ended_session_is_refused_at_once(db, api_as, bob):
    client = api_as(bob)
    assert me(client) == 200

    sign_out(client)

    assert me(client) == "TOKEN_INVALID"


def test_the_denial_is_written_before_the_end_commits(transactional_db, bob):
    """A crash in between leaves a session that is refused, never one that ended and is still let in."""
    started = services.start_session(user=bob)

    with transaction.atomic():
        services.end_session(session_uid=started.session.uid, reason="signed_out")
        transaction.set_rollback(True)

    assert redis.client().exists(denials.deny_key(started.session.uid))
    assert Session.objects.get().ended_at is None


def test_signed_out_then_wiped_stays_signed_out(db, api_as, bob):
    client = api_as(bob)
    sign_out(client)

    redis.client().flushall()

    assert me(client) == "TOKEN_INVALID"
    assert redis.client().exists(denials.deny_key(client.signed_in.session.uid))
    assert redis.client().exists(denials.SENTINEL)


def test_a_wipe_signs_nobody_out(db, api_as, bob):
    client = api_as(bob)

    redis.client().flushall()

    assert me(client) == 200


def test_the_sentinel_is_only_there_after_a_reload(db):
    redis.client().flushall()
    assert not redis.client().exists(denials.SENTINEL)

    tasks.assert_denials()

    assert redis.client().exists(denials.SENTINEL)


def test_the_sweep_asserts_what_redis_lost(db, api_as, bob):
    """A failover to a replica that lagged: the sentinel is there and the newest keys are not."""
    client = api_as(bob)
    sign_out(client)
    redis.client().delete(denials.deny_key(client.signed_in.session.uid))
    assert me(client) == 200

    tasks.assert_denials()

    assert me(client) == "TOKEN_INVALID"


def test_the_sweep_leaves_out_what_no_token_can_open(db, bob):
    old, new = services.start_session(user=bob).session, services.start_session(user=bob).session
    with time_machine.travel(clock.now() - timedelta(hours=1)):
        services.end_session(session_uid=old.uid, reason="signed_out")
    services.end_session(session_uid=new.uid, reason="signed_out")
    redis.client().flushall()

    assert denials.assert_denials() == 1

    assert redis.client().exists(denials.deny_key(new.uid))


def test_a_denial_outlives_the_last_access_token(db, api_as, bob):
    client = api_as(bob)
    sign_out(client)

    assert redis.client().ttl(denials.deny_key(client.signed_in.session.uid)) > 600


def test_redis_down_reading_goes_on_and_ending_works(transactional_db, api_as, bob, redis_server):
    client = api_as(bob)
    assert me(client) == 200
    redis_server.stop()

    sign_out(client)
    # Design §7: with Redis down, a valid token is enough for reading until it expires.
    assert me(client) == 200
    # What changes an account asks PostgreSQL.
    assert client.get("/api/v1/me/sessions").status_code == 200
    uid = client.signed_in.session.uid
    assert client.patch(f"/api/v1/me/sessions/{uid}", {"name": "x"}, "json").json()["code"] == "TOKEN_INVALID"
    answer = client.post("/auth/refresh", {"refresh_token": client.signed_in.refresh_token}, "json")
    assert answer.json()["code"] == "SESSION_ENDED"


def test_what_could_not_be_denied_is_denied_when_redis_is_back(
    transactional_db, api_as, bob, redis_server, monkeypatch
):
    client = api_as(bob)
    redis_server.freeze()
    sign_out(client)
    assert redis.is_open()
    redis_server.thaw()
    monkeypatch.setattr(redis, "OPEN_SECONDS", 0.0)
    redis.note_failure()

    redis.client().ping()

    assert me(client) == "TOKEN_INVALID"


def test_whoever_notices_that_redis_is_back_says_so_once(transactional_db, redis_server, monkeypatch):
    """What is called asks Redis itself; that is no second recovery."""
    calls = []
    monkeypatch.setattr(redis._breaker, "on_recovery", [lambda: calls.append(redis.client().ping())])
    monkeypatch.setattr(redis, "OPEN_SECONDS", 0.0)
    redis_server.stop()
    with pytest.raises(redis.RedisUnavailable):
        redis.client().ping()
    redis_server.start()

    parallel(8, redis.client().ping)

    assert calls == [True]


def test_a_redis_that_comes_back_empty_lets_nobody_in_who_signed_out(transactional_db, api_as, bob, redis_server):
    gone, here = api_as(bob), api_as(bob)
    sign_out(gone)
    redis_server.stop()
    redis_server.start()
    redis.reset()

    assert (me(gone), me(here)) == ("TOKEN_INVALID", 200)
    assert redis.client().exists(denials.SENTINEL)


def test_with_redis_wiped_and_postgresql_down_nobody_gets_in(transactional_db, api_as, bob, postgres_server):
    client = api_as(bob)
    assert me(client) == 200
    redis.client().flushall()
    postgres_server.stop()
    connection.close()

    assert me(client) == "UNAVAILABLE"
    assert not redis.client().exists(denials.SENTINEL)

    postgres_server.start()
    connection.close()


def test_what_changes_an_account_is_refused_with_both_down(
    transactional_db, api_as, bob, redis_server, postgres_server
):
    client = api_as(bob)
    redis_server.stop()
    postgres_server.stop()
    connection.close()
    uid = client.signed_in.session.uid

    asked = [
        client.post("/auth/sign-out-everywhere", {}, "json"),
        client.patch(f"/api/v1/me/sessions/{uid}", {"name": "x"}, "json"),
        client.patch("/api/v1/me", {"display_name": "x"}, "json"),
        client.delete("/api/v1/me"),
    ]

    assert [answer.status_code for answer in asked] == [503] * 4
    postgres_server.start()
    connection.close()


WRITES = [
    ("patch", "/api/v1/me", {"display_name": "x"}),
    ("delete", "/api/v1/me", {}),
    ("post", "/api/v1/me/market", {}),
    ("put", "/api/v1/me/explicit-lock", {"pin": "1234"}),
    ("delete", "/api/v1/me/explicit-lock", {"pin": "1234"}),
    ("post", "/api/v1/me/exports", {}),
    ("post", "/auth/sign-out-everywhere", {}),
    ("patch", "/api/v1/me/sessions/{uid}", {"name": "x"}),
    ("delete", "/api/v1/me/sessions/{uid}", {}),
    ("post", "/auth/app/v1/account/password/change", {"current_password": PASSWORD, "new_password": "another one 7"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_with_redis_down_an_ended_session_changes_nothing(
    transactional_db, api_as, bob, redis_server, method, path, body
):
    """Its access token is good for reading until it expires; everything else asks PostgreSQL."""
    client, other = api_as(bob), services.start_session(user=bob).session
    redis_server.stop()
    services.end_session(session_uid=client.signed_in.session.uid, reason="signed_out")

    answer = getattr(client, method)(path.format(uid=other.uid), body, "json")

    assert answer.status_code in {401, 410}
    assert Session.objects.live().get() == other


@pytest.mark.parametrize("frozen", [False, True], ids=["stopped", "frozen"])
def test_without_redis_a_refresh_works(transactional_db, api, bob, redis_server, frozen):
    started = services.start_session(user=bob)
    redis_server.freeze() if frozen else redis_server.stop()

    answer = api.post("/auth/refresh", {"refresh_token": started.refresh_token}, "json")

    assert answer.status_code == 200


def test_a_warm_check_costs_no_sql_and_one_round_trip(transactional_db, api_as, bob, rf):
    from rest_framework.request import Request

    from billing.authentication import ViewerAuthentication

    client = api_as(bob)
    me(client)
    request = Request(rf.get("/", headers={"Authorization": f"Bearer {client.signed_in.access_token}"}))
    sent = []
    original = redis.BreakerConnection.send_packed_command

    def counted(self, *args, **kwargs):
        sent.append(args)
        return original(self, *args, **kwargs)

    redis.BreakerConnection.send_packed_command = counted
    try:
        with CaptureQueriesContext(connection) as queries:
            viewer, _ = ViewerAuthentication().authenticate(request)
    finally:
        redis.BreakerConnection.send_packed_command = original

    assert viewer.user_uid == bob.uid
    assert [query["sql"] for query in queries] == []
    assert len(sent) == 1
