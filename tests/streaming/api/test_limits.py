"""Limits by address, account and session, and what happens without Redis."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.test import Client

from accounts.sessions.services import start_session
from streaming.lib import clock, limits
from streaming.lib.limits import Limit

THREE = Limit("test", 3, 60)


@pytest.fixture
def low(settings):
    settings.API_PER_MINUTE_ACCOUNT, settings.API_PER_MINUTE_SESSION = 5, 3
    settings.API_PER_MINUTE_ADDRESS = settings.AUTH_PER_MINUTE_ADDRESS = 3
    with time_machine.travel("2026-11-25T10:00:15Z", tick=False):
        yield settings


def statuses(client, count, path="/api/v1/me", **headers):
    return [client.get(path, headers=headers).status_code for _ in range(count)]


def test_of_many_at_once_exactly_as_many_pass_as_may(db):
    gate = threading.Barrier(60)

    def one(_):
        gate.wait(30)
        return limits.hit(THREE, "key").allowed

    with ThreadPoolExecutor(60) as pool:
        allowed = list(pool.map(one, range(60)))

    assert sum(allowed) == 3


def test_the_next_window_is_free_and_the_wait_is_honest(db):
    with time_machine.travel("2026-11-25T10:00:15Z", tick=False) as time:
        verdicts = [limits.hit(THREE, "key") for _ in range(4)]
        assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0]
        assert (verdicts[2].retry_after, verdicts[3].retry_after) == (0, 45)

        time.shift(45)

        assert limits.hit(THREE, "key").allowed


def test_keys_and_names_are_apart(db):
    for _ in range(3):
        limits.hit(THREE, "one")

    assert limits.hit(THREE, "two").allowed
    assert limits.hit(Limit("other", 3, 60), "one").allowed
    limits.reset(THREE, "one")
    assert limits.hit(THREE, "one").allowed


def test_nobody_is_limited_by_address_and_told_how_long_to_wait(db, low):
    client = Client(REMOTE_ADDR="198.51.100.1")
    assert statuses(client, 3, "/api/v1/tracks") == [200, 200, 200]

    answer = client.get("/api/v1/tracks")

    assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
    assert answer["Retry-After"] == "45"
    assert Client(REMOTE_ADDR="198.51.100.2").get("/api/v1/tracks").status_code == 200


def test_each_answer_says_what_is_left(db, low):
    answer = Client(REMOTE_ADDR="198.51.100.1").get("/api/v1/tracks")

    assert [answer[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")] == ["3", "2", "45"]


def test_a_session_is_limited_and_the_account_over_all_its_sessions(db, low, api_as, bob):
    one, two, three = api_as(bob), api_as(bob), api_as(bob)

    assert statuses(one, 4) == [200, 200, 200, 429]
    # What was refused counts, too: it was a call.
    assert statuses(two, 2) == [200, 429]
    assert statuses(three, 1) == [429]


def test_another_account_is_not_touched(db, low, api_as, bob, alice):
    statuses(api_as(bob), 6)

    assert statuses(api_as(alice), 1) == [200]


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_forged_chain_of_addresses_does_not_help(db, low, proxies):
    """With one proxy the last entry is what it saw; everything before it is the client's own word."""
    low.TRUSTED_PROXIES = proxies
    client = Client(REMOTE_ADDR="198.51.100.1")

    answers = [
        client.get("/api/v1/tracks", headers={"X-Forwarded-For": f"10.0.0.{number}, 203.0.113.9"}).status_code
        for number in range(4)
    ]

    assert answers == [200, 200, 200, 429]


def test_refreshing_and_the_flows_have_one_limit_by_address(db, low, bob):
    client = Client(REMOTE_ADDR="198.51.100.1")
    token = start_session(user=bob).refresh_token
    for _ in range(2):
        client.post("/auth/refresh", {"refresh_token": token}, content_type="application/json")
    client.post("/auth/app/v1/auth/login", {}, content_type="application/json")

    refused = client.post("/auth/app/v1/auth/login", {}, content_type="application/json")

    assert (refused.status_code, refused["Retry-After"]) == (429, "45")
    assert client.post("/auth/refresh", {}, content_type="application/json").status_code == 429


@pytest.mark.parametrize("frozen", [False, True], ids=["stopped", "frozen"])
def test_without_redis_requests_go_on(transactional_db, low, redis_server, frozen):
    redis_server.freeze() if frozen else redis_server.stop()

    assert statuses(Client(), 5, "/api/v1/tracks") == [200] * 5
    assert limits.hit(THREE, "key").allowed
    limits.reset(THREE, "key")


def test_a_clock_that_stands_still_is_the_injected_one(db):
    assert limits.hit(THREE, "key").reset_seconds == 60 - clock.now_ms() // 1000 % 60
