"""Sign-up with a code, and what it does not tell."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress

from accounts.audit.models import AuditEntry
from accounts.models import Session, User
from streaming.lib import clock
from streaming.settings.base import PASSWORD_HASHERS
from tests.accounts.flows.conftest import App, errors_of, flows_of
from tests.factories.accounts import PASSWORD


def test_the_code_from_the_mail_signs_in(app, mails, settings):
    # The hasher of production; other tests have a quick one.
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    answer = app.sign_up("Dora@Example.com")
    assert (answer.status_code, flows_of(answer)) == (401, {"verify_email"})
    assert not app.is_signed_in()

    answer = app.enter(mails.code())

    assert answer.status_code == 200
    assert set(app.tokens) >= {"access_token", "expires_at", "refresh_token", "session"}
    assert app.is_signed_in()
    user = User.objects.get()
    assert (user.email, user.display_name) == ("dora@example.com", "Dora")
    assert user.password.startswith("argon2$argon2id$")
    assert EmailAddress.objects.get(user=user).verified
    assert [entry.event for entry in AuditEntry.objects.order_by("pk")] == ["signed_up", "signed_in"]


def test_the_mail_goes_to_the_address_with_a_code_on_a_line_of_its_own(app, mails):
    app.sign_up()

    assert mails.newest().to == "dora@example.com"
    assert mails.newest().subject == "Your code for Backbeat"
    assert len(mails.code()) >= 6


def test_three_wrong_codes_end_the_flow(app, mails):
    app.sign_up()
    code = mails.code()
    for _ in range(3):
        assert app.enter("AAAA-AAAA").status_code in (400, 409)

    assert app.enter(code).status_code == 409
    assert not Session.objects.exists()


def test_a_code_of_another_flow_is_no_code(app, mails):
    app.sign_up()
    other = App()
    other.sign_up("emil@example.com")
    code_of_other = mails.code()

    assert errors_of(app.enter(code_of_other)) == {("key", "incorrect_code")}


def test_a_code_is_sent_again_and_the_first_is_no_longer_good(app, mails):
    app.sign_up()
    first = mails.code()
    mails.clear()

    assert app.post("auth/email/verify/resend").status_code == 200

    assert mails.code() != first
    assert app.enter(first).status_code == 400
    assert app.enter(mails.code()).status_code == 200


def test_somebody_who_left_before_the_code_signs_up_again(app, mails):
    app.sign_up()
    first = mails.code()
    mails.clear()

    again = App()
    with time_machine.travel(clock.now() + timedelta(seconds=11)):
        answer = again.sign_up(password="another password 7", display_name="Dora the second")

    assert flows_of(answer) >= {"verify_email"}
    assert app.enter(first).status_code == 409
    assert again.enter(mails.code()).status_code == 200
    assert User.objects.get(email="dora@example.com").display_name == "Dora the second"


def test_somebody_who_left_before_the_code_can_ask_for_a_new_password(app, mails):
    app.sign_up()
    mails.clear()

    again = App()
    again.post("auth/password/request", {"email": "dora@example.com"})
    again.post("auth/password/reset", {"key": mails.code(), "password": "another password 7"})

    assert App().sign_in("dora@example.com", "another password 7").status_code == 200


def test_signing_up_again_takes_no_account_from_anybody(bob, mails):
    began = bob.created_at
    App().sign_up(bob.email)

    bob.refresh_from_db()
    assert bob.created_at == began


def shape(answer):
    body = answer.json()
    body["meta"].pop("session_token")
    return answer.status_code, body, sorted(answer.headers)


@pytest.mark.parametrize("spelling", ["bob@example.com", "BOB@EXAMPLE.COM", "bob@ｅxample.com", " bob@example.com "])
def test_an_address_that_has_an_account_gets_the_same_answer_and_a_mail_that_says_so(bob, mails, spelling):
    known = App().sign_up(spelling)
    assert mails.all() == [("bob@example.com", "You have an account already")]
    unknown = App().sign_up("somebody.else@example.com")

    assert shape(known) == shape(unknown)
    assert User.objects.filter(email="bob@example.com").count() == 1


def test_the_flow_of_a_known_address_goes_on_like_any_other(bob, mails):
    app, stranger = App(), App()
    app.sign_up(bob.email)
    stranger.sign_up("somebody.else@example.com")

    for path, body in (("auth/email/verify", {"key": "AAAA-AAAA"}), ("auth/email/verify/resend", {})):
        known, unknown = app.post(path, body), stranger.post(path, body)
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_a_known_address_costs_a_hash_like_a_new_one(app, bob, monkeypatch, settings):
    """The hash is what takes the time: without it the answer would come sooner."""
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS
    from django.contrib.auth.hashers import Argon2PasswordHasher

    hashed = []
    original = Argon2PasswordHasher.encode

    def counted(self, *args, **kwargs):
        hashed.append(1)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Argon2PasswordHasher, "encode", counted)

    app.sign_up(bob.email)
    known = len(hashed)
    App().sign_up("somebody.else@example.com")

    assert known == len(hashed) - known == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"email": "no address"}, {("email", "invalid")}),
        ({"email": ""}, {("email", "required")}),
        ({"email": "a" * 250 + "@example.com"}, {("email", "max_length")}),
        ({"password": "short"}, {("password", "password_too_short")}),
        ({"password": "password1"}, {("password", "password_too_common")}),
        ({"password": "x" * 129}, {("password", "password_too_long")}),
        ({"display_name": ""}, {("display_name", "required")}),
        ({"display_name": "x" * 81}, {("display_name", "max_length")}),
        ({"display_name": "Do\nra"}, {("display_name", "invalid")}),
        ({"display_name": "\u202eDora"}, {("display_name", "invalid")}),
        ({"display_name": "\u200b"}, {("display_name", "invalid")}),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(app, change, expected):
    answer = app.sign_up(**{"email": "dora@example.com", **change})

    assert answer.status_code == 400
    assert errors_of(answer) >= expected
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["ninechars", "all lower case words", "12345 67890 12", "x7" * 64])
def test_there_are_no_rules_of_composition(app, mails, password):
    assert app.sign_up(password=password).status_code == 401


def test_nobody_signs_up_as_staff_or_into_another_market(app, settings):
    settings.ORIGIN_SECRET = "zone-secret"
    more = {"is_staff": True, "is_superuser": True, "market": "DE", "tier": "paid", "uid": "x"}
    body = {"email": "dora@example.com", "password": PASSWORD, "display_name": "Dora", **more}
    app.post("auth/signup?market=DE", body, **{"CF-IPCountry": "DE", "X-Origin-Secret": "wrong"})

    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.market) == (False, False, "US")


def test_the_market_is_what_the_proxy_saw(app, settings):
    settings.ORIGIN_SECRET = "zone-secret"
    app.sign_up(**{"CF-IPCountry": "DE", "X-Origin-Secret": "zone-secret"})

    assert User.objects.get().market == "DE"
