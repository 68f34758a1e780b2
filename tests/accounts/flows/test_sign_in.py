"""Signing in: with a password, limited, and after Redis went away."""

import time

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.flows.strategy import _PURPOSE, sign
from accounts.models import Session, User
from accounts.sessions.services import start_session
from streaming.lib.errors import DomainError
from tests.accounts.flows.conftest import App, errors_of

WRONG = {("password", "email_password_mismatch")}


def test_password_and_address_sign_in(app, bob):
    answer = app.sign_in(bob.email, **{"X-Client-Platform": "ios", "X-Client-Name": "Bob%E2%80%99s iPhone"})

    assert answer.status_code == 200
    assert answer.json()["data"]["user"] == {
        "uid": str(bob.uid), "email": bob.email, "display_name": "Bob", "market": "US",
    }  # fmt: skip
    assert app.is_signed_in()
    session = Session.objects.get()
    assert (session.platform, session.name) == ("ios", "Bob’s iPhone")
    entry = AuditEntry.objects.get(event="signed_in")
    assert (entry.user_uid, entry.details) == (bob.uid, {"methods": ["password"]})


@pytest.mark.parametrize("spelling", ["BOB@example.COM", "bob@ｅxample.com", "bob@EXAMPLE.com"])
def test_any_spelling_of_the_address_signs_in(app, bob, spelling):
    assert app.sign_in(spelling).status_code == 200


def test_a_wrong_password_an_unknown_address_and_a_disabled_account_look_alike(bob, charlie):
    type(charlie).objects.filter(pk=charlie.pk).update(is_active=False)

    answers = [
        App().sign_in(bob.email, "not the password"),
        App().sign_in("nobody@example.com"),
        App().sign_in(charlie.email),
    ]

    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    assert errors_of(answers[0]) == WRONG
    assert not Session.objects.exists()


def test_a_refusal_is_noted_without_the_address(app):
    app.sign_in("nobody@example.com")

    entry = AuditEntry.objects.get()
    assert (entry.event, entry.user_uid) == ("sign_in_refused", None)
    assert "nobody" not in str(entry.details)
    assert entry.details["name_hash"]
    assert entry.address_hash


def test_an_endless_password_is_refused_and_not_hashed(app, bob):
    answer = app.sign_in(bob.email, "x" * 900_000)

    assert errors_of(answer) == WRONG


def test_guessing_is_stopped_after_five_and_says_so(app, bob):
    for _ in range(5):
        assert errors_of(app.sign_in(bob.email, "not the password")) == WRONG

    answer = app.sign_in(bob.email)

    assert errors_of(answer) == {(None, "too_many_login_attempts")}
    assert not Session.objects.exists()


def test_nobody_is_locked_out_by_who_knows_only_the_name(bob):
    attacker = App("203.0.113.66")
    for _ in range(20):
        attacker.sign_in(bob.email, "not the password")

    assert App("198.51.100.7").sign_in(bob.email).status_code == 200


def test_one_address_can_not_try_one_password_on_everybody(db):
    app = App("203.0.113.66")
    answers = [app.sign_in(f"user{number}@example.com") for number in range(40)]

    assert {answer.status_code for answer in answers[:20]} == {400}
    assert {answer.status_code for answer in answers[30:]} == {429}
    assert int(answers[-1]["Retry-After"]) > 0


def test_after_some_minutes_guessing_is_possible_again(bob):
    """The limit slows down; it locks nobody out for good."""
    app = App()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(6):
            app.sign_in(bob.email, "not the password")
        clock.shift(301)

        assert app.sign_in(bob.email).status_code == 200


@pytest.mark.parametrize("frozen", [False, True], ids=["stopped", "frozen"])
def test_without_redis_people_sign_in_and_sign_up(transactional_db, bob, redis_server, frozen):
    redis_server.freeze() if frozen else redis_server.stop()
    began = time.monotonic()

    assert App().sign_in(bob.email).status_code == 200
    assert App().sign_in(bob.email, "not the password").status_code == 400
    assert App().sign_up("new@example.com").status_code == 401
    # Without our cache each of the library's limits waits a second, and refuses then.
    assert time.monotonic() - began < 5


def test_the_flow_token_names_nobody_once_signed_in(app, bob, mails):
    app.sign_up()
    flow = app.flow
    app.enter(mails.code())

    answer = App().http.get("/auth/app/v1/auth/session", headers={"X-Session-Token": flow})

    assert answer.status_code == 410


def test_signing_out_through_the_flows_ends_the_session(app, bob):
    app.sign_in(bob.email)

    assert app.call("delete", "auth/session").status_code == 401

    assert not app.is_signed_in()
    assert Session.objects.get().end_reason == "signed_out"
    assert app.get("auth/session").status_code == 410


def test_an_admin_session_is_no_session_of_the_flows(db, editor, staff_as):
    admin = staff_as(editor)

    assert admin.get("/auth/app/v1/auth/session").status_code == 401
    token = sign(admin.session.session_key.encode(), keys=settings.REFRESH_TOKEN_KEYS, purpose=_PURPOSE)
    assert App().http.get("/auth/app/v1/auth/session", headers={"X-Session-Token": token}).status_code == 410


def test_no_session_starts_for_a_disabled_account_whoever_asks(bob):
    bob.is_active = False

    with pytest.raises(DomainError) as caught:
        start_session(user=bob)

    assert caught.value.code == "SESSION_ENDED"
    assert not Session.objects.exists()


def test_an_account_that_is_disabled_before_the_second_step_does_not_get_in(app, mails):
    app.sign_up()
    User.objects.update(is_active=False)
    app.http.raise_request_exception = False

    assert app.enter(mails.code()).status_code in (401, 409)
    assert not Session.objects.exists()


def test_a_browser_gets_its_refresh_token_in_the_cookie_only(app, bob):
    answer = app.sign_in(bob.email, **{"X-Client-Platform": "web"})

    cookie = answer.cookies["__Host-refresh"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"]) == (True, True, "Strict", "/")
    assert "refresh_token" not in answer.json()["meta"]
    assert cookie.value not in answer.content.decode()


def test_an_app_gets_no_cookie(app, bob):
    assert not app.sign_in(bob.email).cookies


def too_often(app, step, times):
    for _ in range(times):
        answer = step(app)
    return answer.status_code, int(answer["Retry-After"])


@pytest.mark.parametrize(
    ("step", "times", "expected"),
    [
        (lambda app: app.post("auth/signup"), 21, (429, 60)),
        (lambda app: app.post("auth/password/request", {"email": "nobody@example.com"}), 6, (429, 60)),
        (lambda app: app.sign_in("nobody@example.com"), 6, (400, 300)),
    ],
    ids=["sign-up", "reset", "sign-in"],
)
def test_a_limit_says_after_how_long_it_is_over_at_the_latest(app, step, times, expected):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert too_often(app, step, times) == expected
        clock.shift(expected[1] + 1)
        assert "Retry-After" not in step(app)


def test_a_second_code_is_sent_after_ten_seconds(app):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app.sign_up()
        assert too_often(app, lambda one: one.post("auth/email/verify/resend"), 1) == (429, 10)
        clock.shift(11)
        assert app.post("auth/email/verify/resend").status_code == 200
