"""Changing the password and the address, resetting, and proving again who one is."""

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.models import Session
from tests.accounts.flows.conftest import NEW_PASSWORD, App, errors_of
from tests.factories.accounts import PASSWORD


@pytest.fixture
def app(bob):
    app = App()
    app.sign_in(bob.email)
    return app


@pytest.fixture
def elsewhere(bob):
    other = App()
    other.sign_in(bob.email)
    return other


def change(app, **more):
    return app.post("account/password/change", {"current_password": PASSWORD, "new_password": NEW_PASSWORD, **more})


def test_a_new_password_ends_every_session(app, elsewhere, bob, mails):
    assert change(app).status_code == 200

    assert not app.is_signed_in()
    assert not elsewhere.is_signed_in()
    assert App().sign_in(bob.email).status_code == 400
    assert App().sign_in(bob.email, NEW_PASSWORD).status_code == 200
    assert mails.all() == [(bob.email, "Your password was changed")]
    assert AuditEntry.objects.filter(event="password_changed", user_uid=bob.uid).exists()


def test_this_session_is_kept_on_demand(app, elsewhere):
    change(app, keep_session=True)

    assert app.is_signed_in()
    assert not elsewhere.is_signed_in()
    refreshed = elsewhere.http.post(
        "/auth/refresh", {"refresh_token": elsewhere.tokens["refresh_token"]}, content_type="application/json"
    )
    assert refreshed.json()["code"] == "SESSION_ENDED"


def test_the_password_that_is_known_must_be_right(app):
    answer = app.post("account/password/change", {"current_password": "wrong", "new_password": NEW_PASSWORD})

    assert errors_of(answer) == {("current_password", "enter_current_password")}
    assert app.is_signed_in()


def test_a_new_password_is_held_to_the_same_rules(app):
    assert errors_of(change(app, new_password="password1")) == {("new_password", "password_too_common")}


def reset(app, email, mails):
    asked = app.post("auth/password/request", {"email": email})
    return asked, app.post("auth/password/reset", {"key": mails.code(), "password": NEW_PASSWORD})


def test_a_reset_by_code_ends_every_session(app, bob, mails):
    visitor = App()
    asked, done = reset(visitor, "BOB@example.com", mails)

    assert asked.status_code == 401
    assert done.status_code == 401
    assert not app.is_signed_in()
    assert App().sign_in(bob.email, NEW_PASSWORD).status_code == 200
    assert AuditEntry.objects.filter(event="password_reset").exists()


def test_a_reset_does_not_tell_whether_there_is_an_account(bob, mails):
    answers = []
    for email in (bob.email, "nobody@example.com"):
        app = App()
        asked = app.post("auth/password/request", {"email": email})
        tried = app.post("auth/password/reset", {"key": "AAAA-AAAA", "password": NEW_PASSWORD})
        body = asked.json()
        body["meta"].pop("session_token")
        answers.append((asked.status_code, body, tried.status_code, tried.content))

    assert answers[0] == answers[1]
    assert mails.all()[1] == ("nobody@example.com", "There is no account with this address")


def test_three_wrong_codes_end_a_reset(bob, mails):
    app = App()
    app.post("auth/password/request", {"email": bob.email})
    code = mails.code()
    for _ in range(3):
        app.post("auth/password/reset", {"key": "AAAA-AAAA", "password": NEW_PASSWORD})

    assert app.post("auth/password/reset", {"key": code, "password": NEW_PASSWORD}).status_code == 409


def test_a_new_address_needs_a_proof_and_a_code_and_the_old_one_is_told(app, bob, mails):
    assert app.post("account/email", {"email": "robert@example.com"}).status_code == 401
    app.reauthenticate()
    assert app.post("account/email", {"email": "Robert@Example.com"}).status_code == 200
    bob.refresh_from_db()
    assert bob.email == "bob@example.com"
    assert mails.newest().to == "robert@example.com"

    answer = app.enter(mails.code())

    assert answer.json()["data"]["user"]["email"] == "robert@example.com"
    bob.refresh_from_db()
    assert bob.email == "robert@example.com"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        ("robert@example.com", True, True)
    ]
    assert ("bob@example.com", "Your address was changed") in mails.all()
    assert AuditEntry.objects.filter(event="email_changed").exists()


def test_changing_to_an_address_that_is_taken_looks_like_any_change(app, alice, mails):
    app.reauthenticate()
    taken = app.post("account/email", {"email": alice.email})
    other = App()
    other.sign_in("bob@example.com")
    other.reauthenticate()
    free = other.post("account/email", {"email": "robert@example.com"})

    assert taken.status_code == free.status_code == 200
    assert taken.content.replace(b"alice", b"robert") == free.content


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "account/email", {"email": "robert@example.com"}),
        ("get", "account/authenticators/webauthn", None),
    ],
)
def test_sensitive_steps_ask_for_a_fresh_proof(app, method, path, body):
    answer = app.call(method, path, body)

    assert answer.status_code == 401
    assert {flow["id"] for flow in answer.json()["data"]["flows"]} >= {"reauthenticate"}


def test_a_wrong_password_proves_nothing(app):
    assert errors_of(app.reauthenticate("wrong")) == {("password", "incorrect_password")}
    assert app.get("account/authenticators/webauthn").status_code == 401


def test_a_proof_is_good_for_five_minutes(app, bob):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app.reauthenticate()
        assert app.get("account/authenticators/webauthn").status_code == 200
        clock.shift(301)
        assert app.get("account/authenticators/webauthn").status_code == 401


def test_a_proof_is_of_one_session(app, elsewhere):
    app.reauthenticate()

    assert elsewhere.get("account/authenticators/webauthn").status_code == 401
    assert Session.objects.count() == 2


def test_a_second_use_of_a_code_resets_nothing(bob, mails):
    visitor = App()
    reset(visitor, bob.email, mails)
    again = visitor.post("auth/password/reset", {"key": mails.code_before(), "password": "yet another secret"})

    assert again.status_code == 409
    assert App().sign_in(bob.email, NEW_PASSWORD).status_code == 200


def test_a_disabled_account_is_reset_like_one_that_is_not_there(bob, mails):
    type(bob).objects.filter(pk=bob.pk).update(is_active=False)

    App().post("auth/password/request", {"email": bob.email})

    assert mails.all() == [(bob.email, "There is no account with this address")]


def test_three_wrong_codes_end_a_change_of_address(app, bob, mails):
    app.reauthenticate()
    app.post("account/email", {"email": "robert@example.com"})
    code = mails.code()
    for _ in range(3):
        app.enter("AAAA-AAAA")

    assert app.enter(code).status_code == 409
    bob.refresh_from_db()
    assert bob.email == "bob@example.com"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("account/password/change", {"current_password": PASSWORD, "new_password": NEW_PASSWORD}),
        ("account/email", {"email": "robert@example.com"}),
        ("auth/reauthenticate", {"password": PASSWORD}),
        ("account/authenticators/totp", {"code": "000000"}),
    ],
)
def test_nobody_changes_an_account_without_signing_in(db, path, body):
    assert App().post(path, body).status_code in (401, 409)


def test_no_step_hashes_an_endless_password(app, hashed):
    endless = "x" * 400_000
    app.reauthenticate(endless)
    app.post("account/password/change", {"current_password": endless, "new_password": endless})
    app.sign_up("dora@example.com", endless)

    assert hashed
    assert max(hashed) <= 129
