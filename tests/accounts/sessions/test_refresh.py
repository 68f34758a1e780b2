"""POST /auth/refresh: one rotation, the same successor for a while, and reuse that ends the session."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as project
from django.db import transaction

from accounts.audit.models import AuditEntry
from accounts.mail.models import Mail
from accounts.sessions import services
from accounts.sessions.models import Session
from accounts.sessions.rules import derive_token, parse_token
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.accounts.sessions.racing import await_somebody_at_a_lock, on_own_connection, parallel

ATTEMPT = "attempt-0001"


@pytest.fixture
def started(db, bob):
    return services.start_session(user=bob)


@pytest.fixture
def clockwork():
    with time_machine.travel(clock.now(), tick=False) as travel:
        yield travel


def refresh(api, token, attempt=None):
    return api.post("/auth/refresh", {"refresh_token": token, **({"attempt_id": attempt} if attempt else {})}, "json")


def code_of(response):
    return response.status_code, response.json()["code"]


def is_live(session):
    return Session.objects.live().filter(pk=session.pk).exists()


def test_a_refresh_gives_an_access_token_and_a_successor(api, api_as, bob, started):
    answer = refresh(api, started.refresh_token)

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "expires_at", "refresh_token", "session"}
    assert body["refresh_token"] != started.refresh_token
    assert body["session"] == str(started.session.uid)
    assert answer["Cache-Control"] == "no-store"
    me = api.get("/api/v1/me", headers={"Authorization": f"Bearer {body['access_token']}"})
    assert me.json()["uid"] == str(bob.uid)


def test_the_same_token_gets_the_same_successor_for_a_minute(api, started, clockwork):
    first = refresh(api, started.refresh_token).json()["refresh_token"]

    clockwork.shift(60)
    again = refresh(api, started.refresh_token)

    assert (again.status_code, again.json()["refresh_token"]) == (200, first)
    assert Session.objects.get().generation == 1


def test_after_the_minute_only_the_attempt_that_rotated_gets_it(api, started, clockwork):
    first = refresh(api, started.refresh_token, ATTEMPT).json()["refresh_token"]

    clockwork.shift(120)
    assert refresh(api, started.refresh_token, ATTEMPT).json()["refresh_token"] == first

    assert code_of(refresh(api, started.refresh_token, "another-attempt")) == (401, "REFRESH_REUSED")
    assert not is_live(started.session)


def test_after_five_minutes_nobody_gets_it(api, started, clockwork):
    refresh(api, started.refresh_token, ATTEMPT)

    clockwork.shift(301)

    assert code_of(refresh(api, started.refresh_token, ATTEMPT)) == (401, "REFRESH_REUSED")


def test_a_replay_after_the_successor_was_used_ends_the_session(api, started, bob, django_capture_on_commit_callbacks):
    second = refresh(api, started.refresh_token).json()
    refresh(api, second["refresh_token"])

    assert code_of(refresh(api, started.refresh_token)) == (401, "REFRESH_REUSED")

    assert not is_live(started.session)
    assert AuditEntry.objects.get(event="refresh_reused").user_uid == bob.uid
    assert Mail.objects.get().to == bob.email
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert api.get("/api/v1/me", headers=headers).json()["code"] == "TOKEN_INVALID"
    assert code_of(refresh(api, started.refresh_token)) == (401, "SESSION_ENDED")
    assert Mail.objects.count() == 1


def test_a_bad_mac_kills_nothing(api, started):
    raw = base64.urlsafe_b64decode(started.refresh_token + "==")
    forged = base64.urlsafe_b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).rstrip(b"=").decode()

    assert code_of(refresh(api, forged)) == (401, "REFRESH_INVALID")

    assert refresh(api, started.refresh_token).status_code == 200


BAD = {
    "empty": "",
    "short": "abc",
    "not base64": "!" * 70,
    "unicode": "é" * 70,
    "padded": "A" * 70 + "==",
    "all zeros": base64.urlsafe_b64encode(bytes(52)).rstrip(b"=").decode(),
    "too long": "A" * 128,
    "a megabyte": "A" * 1_000_000,
    "a NUL": "A" * 69 + "\0",
    "spaces": "  ",
    "a line break at the end": "A" * 70 + "\n",
    "the other alphabet of base64": "+/" * 35,
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_token_is_refused_with_a_code(db, api, name):
    assert code_of(refresh(api, BAD[name])) == (401, "REFRESH_INVALID")


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_cookie_is_refused_with_a_code(db, api, name):
    api.cookies["__Host-refresh"] = BAD[name]

    answer = api.post("/auth/refresh", {}, "json", headers={"X-Client-Platform": "web"})

    assert code_of(answer) in {(401, "REFRESH_INVALID"), (401, "REFRESH_MISSING")}


@pytest.mark.parametrize("body", [{"refresh_token": {"a": 1}}, {"refresh_token": None}, {"attempt_id": "x"}, [1]])
def test_a_malformed_body_is_a_400(db, api, body):
    assert code_of(api.post("/auth/refresh", body, "json")) == (400, "INVALID")


def test_spare_bits_of_base64_are_no_second_spelling(api, started):
    """52 bytes leave four spare bits in the last character; a decoder that ignores them takes 16 spellings."""
    last = started.refresh_token[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    variant = started.refresh_token[:-1] + alphabet[alphabet.index(last) ^ 1]

    assert code_of(refresh(api, variant)) == (401, "REFRESH_INVALID")


def test_without_a_token_there_is_nothing_to_refresh(db, api):
    assert code_of(api.post("/auth/refresh", {}, "json")) == (401, "REFRESH_MISSING")


ENDS = {
    "signed out": lambda started: services.end_session(session_uid=started.session.uid, reason="signed_out"),
    "password changed": lambda started: services.end_sessions(user=started.user, reason="password_changed"),
    "disabled": lambda started: disable(started.user),
}


def disable(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


@pytest.mark.parametrize("name", ENDS)
def test_a_session_that_ended_can_not_be_refreshed(api, started, name):
    ENDS[name](started)

    assert code_of(refresh(api, started.refresh_token)) == (401, "SESSION_ENDED")


def test_the_token_of_a_deleted_user_is_not_one_of_ours_any_more(api, started):
    started.user.delete()

    assert code_of(refresh(api, started.refresh_token)) == (401, "REFRESH_INVALID")


def test_a_session_lives_thirty_days_without_use_and_180_at_most(api, started, clockwork):
    token = started.refresh_token
    for _ in range(6):
        clockwork.shift(timedelta(days=29))
        token = refresh(api, token).json()["refresh_token"]

    clockwork.shift(timedelta(days=7))

    assert code_of(refresh(api, token)) == (401, "SESSION_ENDED")


def test_a_session_that_was_not_used_for_thirty_days_is_over(api, started, clockwork):
    clockwork.shift(timedelta(days=30, seconds=1))

    assert code_of(refresh(api, started.refresh_token)) == (401, "SESSION_ENDED")


def test_tokens_of_the_previous_server_key_are_taken_and_replaced(api, started, settings):
    settings.REFRESH_TOKEN_KEYS = ["new key", *settings.REFRESH_TOKEN_KEYS]

    successor = refresh(api, started.refresh_token).json()["refresh_token"]
    settings.REFRESH_TOKEN_KEYS = ["new key"]

    assert refresh(api, successor).status_code == 200
    assert code_of(refresh(api, started.refresh_token)) == (401, "REFRESH_INVALID")


def test_a_token_from_before_a_restore_of_the_database_rotates(api, started):
    """The database was set back: the client holds a younger generation than the row."""
    session = started.session
    young = derive_token(session.uid, bytes(session.salt), 41, key=project.REFRESH_TOKEN_KEYS[0])

    answer = refresh(api, young)

    assert answer.status_code == 200
    assert parse_token(answer.json()["refresh_token"]).generation == 42
    assert Session.objects.get().generation == 42


def test_a_clock_that_is_set_back_kills_no_session(api, started, clockwork):
    successor = refresh(api, started.refresh_token).json()["refresh_token"]

    clockwork.shift(timedelta(minutes=-5))

    assert refresh(api, started.refresh_token).json()["refresh_token"] == successor
    assert refresh(api, successor).status_code == 200


def test_of_many_at_once_exactly_one_rotates_and_all_get_its_successor(transactional_db, bob):
    started = services.start_session(user=bob)

    answers = parallel(200, lambda: services.refresh_session(refresh_token=started.refresh_token).refresh_token)

    assert len(set(answers)) == 1
    assert parse_token(answers[0]).generation == Session.objects.get().generation == 1


def refresh_while(change, token):
    """The code of a refresh that comes to the row while `change` of it has not committed yet, or its new token."""

    def call():
        try:
            return services.refresh_session(refresh_token=token).refresh_token
        except DomainError as error:
            return str(error.code)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            change()
            waiting = pool.submit(on_own_connection, call)
            await_somebody_at_a_lock()
        return waiting.result(30)


@pytest.mark.parametrize("name", ENDS)
def test_a_refresh_that_waits_for_an_end_is_refused(transactional_db, bob, name):
    started = services.start_session(user=bob)

    def end():
        ENDS[name](started)

    assert refresh_while(end, started.refresh_token) == "SESSION_ENDED"
    assert Session.objects.get().generation == 0


def test_a_refresh_that_waits_for_another_gets_its_successor(transactional_db, bob):
    started = services.start_session(user=bob)
    first = []

    def rotate():
        first.append(services.refresh_session(refresh_token=started.refresh_token).refresh_token)

    assert refresh_while(rotate, started.refresh_token) == first[0]
    assert Session.objects.get().generation == 1


def test_a_refresh_that_waits_for_the_end_by_reuse_is_refused(transactional_db, bob):
    started = services.start_session(user=bob)
    second = services.refresh_session(refresh_token=started.refresh_token).refresh_token
    third = services.refresh_session(refresh_token=second).refresh_token

    def replay():
        with pytest.raises(DomainError):
            services.refresh_session(refresh_token=started.refresh_token)

    assert refresh_while(replay, third) == "SESSION_ENDED"
    assert not is_live(started.session)


def test_a_refresh_that_races_the_end_leaves_no_live_session(transactional_db, bob):
    for _ in range(10):
        started = services.start_session(user=bob)

        turns = iter(range(8))

        def either(started=started, turns=turns):
            if next(turns) % 2:
                services.end_session(session_uid=started.session.uid, reason="signed_out")
                return None
            try:
                return services.refresh_session(refresh_token=started.refresh_token).refresh_token
            except DomainError as error:
                return error.code

        answers = set(parallel(8, either))

        assert not is_live(started.session)
        for token in answers - {None, "SESSION_ENDED"}:
            with pytest.raises(DomainError):
                services.refresh_session(refresh_token=token)


def test_nothing_secret_is_stored(started):
    """The row alone makes no token: another key makes another one."""
    session = Session.objects.get()

    derived = derive_token(session.uid, bytes(session.salt), session.generation, key="a guess")

    assert derived != started.refresh_token
    stored = {str(getattr(session, field.attname)) for field in Session._meta.concrete_fields}
    assert started.refresh_token not in stored
