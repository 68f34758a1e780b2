"""The keys of access tokens: sealed, rotated with no failed request."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.exceptions import TokenBackendError

from accounts.audit.models import AuditEntry
from accounts.sessions import keys, tokens
from accounts.sessions.models import SigningKey
from accounts.sessions.services import start_session
from streaming.lib import clock
from tests.accounts.sessions.racing import parallel


class Process:
    """Another process of ours: what it has read of the keys, and the tokens that it remembers."""

    def __init__(self, monkeypatch):
        self._patch = monkeypatch
        self._ring = keys._Ring()

    def run(self, call):
        with self._patch.context() as patch:
            patch.setattr(keys, "_ring", self._ring)
            tokens.backend.forget()
            return call()

    def reads_the_keys(self):
        self._ring.read_at = float("-inf")


@pytest.fixture
def clockwork():
    with time_machine.travel(clock.now(), tick=False) as travel:
        yield travel


def issue(user):
    return start_session(user=user).access_token


def test_a_private_key_is_nowhere_in_clear(db):
    key = keys.current_key()

    row = SigningKey.objects.get()
    number = key.private.private_numbers().private_value
    assert "PRIVATE" not in row.sealed
    assert str(number) not in row.sealed
    assert f"{number:x}" not in row.sealed


def test_a_rotation_refuses_no_token_at_any_time(db, bob, clockwork, monkeypatch):
    """Two processes, one of which has not noticed the rotation yet, take each other's tokens in every minute of it."""
    one, other = Process(monkeypatch), Process(monkeypatch)
    issued = [(clock.now(), process.run(lambda: issue(bob))) for process in (one, other)]
    keys.rotate()
    kids = set()

    for minute in range(45):
        for process in (one, other):
            token = process.run(lambda: issue(bob))
            issued.append((clock.now(), token))
            kids.add(process.run(lambda token=token: tokens.jwt.get_unverified_header(token)["kid"]))
        for at, token in issued:
            if clock.now() - at < timedelta(minutes=10):
                for process in (one, other):
                    assert process.run(lambda token=token: tokens.backend.decode(token))
        clockwork.shift(60)
        if minute % 2:
            one.reads_the_keys()
        other.reads_the_keys()

    assert len(kids) == 2


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(db, api, clockwork):
    old = keys.current_key().kid
    new = keys.rotate()

    def published():
        return [key["kid"] for key in api.get("/.well-known/jwks.json").json()["keys"]]

    assert (keys.current_key().kid, set(published())) == (old, {old, new})
    clockwork.shift(timedelta(minutes=7))
    assert (keys.current_key().kid, set(published())) == (new, {old, new})
    clockwork.shift(timedelta(minutes=30))
    assert (keys.current_key().kid, published()) == (new, [new])


def test_a_key_that_leaked_is_refused_at_once(db, api, api_as, bob):
    client = api_as(bob)
    assert client.get("/api/v1/me").status_code == 200

    call_command("rotate_signing_key", "--at-once")

    assert client.get("/api/v1/me").json()["code"] == "TOKEN_INVALID"
    answer = api.post("/auth/refresh", {"refresh_token": client.signed_in.refresh_token}, "json")
    token = answer.json()["access_token"]
    assert api.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_key_that_leaked_stays_refused_when_the_clock_is_set_back(db, bob, clockwork):
    leaked = issue(bob)
    keys.rotate(at_once=True)

    clockwork.shift(timedelta(minutes=-5))

    with pytest.raises(TokenBackendError):
        tokens.backend.decode(leaked)
    assert tokens.backend.decode(issue(bob))


def test_another_process_refuses_a_leaked_key_and_takes_the_new_one_when_it_has_read_again(db, bob, monkeypatch):
    one, other = Process(monkeypatch), Process(monkeypatch)
    leaked = other.run(lambda: issue(bob))
    assert other.run(lambda: tokens.backend.decode(leaked))

    one.run(lambda: keys.rotate(at_once=True))
    new = one.run(lambda: issue(bob))
    other.reads_the_keys()

    assert other.run(lambda: tokens.backend.decode(new))
    with pytest.raises(TokenBackendError):
        other.run(lambda: tokens.backend.decode(leaked))


def test_a_process_that_does_not_know_a_key_looks_for_it(db, bob, monkeypatch):
    """A token of a key that was made a moment ago, by a process that has read it: no 401 until the next reading."""
    one, other = Process(monkeypatch), Process(monkeypatch)
    other.run(lambda: issue(bob))
    one.run(lambda: keys.rotate(at_once=True))
    new = one.run(lambda: issue(bob))
    monkeypatch.setattr(keys, "_UNKNOWN_SECONDS", 0.0)

    assert other.run(lambda: tokens.backend.decode(new))


def test_while_postgresql_is_down_tokens_are_checked_with_the_keys_that_were_read(
    transactional_db, bob, postgres_server
):
    token = issue(bob)
    postgres_server.stop()
    connection.close()
    keys._ring.read_at = float("-inf")
    tokens.backend.forget()

    assert tokens.backend.decode(token)["sub"] == str(bob.uid)
    assert keys.key_for("a kid of nobody") is None

    postgres_server.start()
    connection.close()


def test_forgetting_while_others_read_shows_nobody_an_empty_ring(transactional_db):
    keys.current_key()
    done = threading.Event()

    def forget_on():
        while not done.is_set():
            keys.forget()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(forget_on)
        seen = parallel(8, lambda: [len(keys._ring.read(older_than=30.0)) for _ in range(200)])
        done.set()

    assert {count for counts in seen for count in counts} == {1}


def test_the_command_says_what_it_did_and_it_is_audited(db, capsys):
    old = keys.current_key().kid

    call_command("rotate_signing_key")

    new = SigningKey.objects.exclude(kid=old).get().kid
    said = capsys.readouterr().out
    assert new in said
    assert AuditEntry.objects.get(event="signing_key_rotated").details == {"kid": new, "at_once": False}


def test_either_sealing_key_opens(db, settings):
    kid = keys.current_key().kid
    settings.SEALING_KEYS = ["another one", *settings.SEALING_KEYS]
    keys.forget()

    assert keys.current_key().kid == kid


def test_unknown_kids_cost_one_query_a_second_at_most(db):
    keys.current_key()

    with CaptureQueriesContext(connection) as queries:
        for number in range(50):
            assert keys.key_for(f"{number:016}") is None

    assert len(queries) <= 1


def test_processes_that_start_together_make_one_key(transactional_db):
    SigningKey.objects.all().delete()
    parallel(8, lambda: keys._make_first(clock.now()))

    assert SigningKey.objects.count() == 1
