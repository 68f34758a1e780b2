"""The staff admin: nobody enters without a second factor."""

import pyotp
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.audit.models import AuditEntry
from accounts.flows.session import BACKEND
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD

WRONG = "The address, the password or the code is wrong."


@pytest.fixture
def secret(editor):
    made = pyotp.random_base32()
    TOTP.activate(editor, made)
    return made


def code(secret):
    return pyotp.TOTP(secret).at(timezone.now())


def sign_in(email, password=PASSWORD, given="", address="198.51.100.1", client=None):
    client = client or Client(REMOTE_ADDR=address)
    form = {"username": email, "password": password, "code": given, "next": "/admin/"}
    return client, client.post("/admin/login/?next=/admin/", form)


def errors(answer):
    return list(answer.context["form"].non_field_errors())


def test_address_password_and_code_let_staff_in(editor, secret):
    client, answer = sign_in(editor.email, given=code(secret))

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
    entry = AuditEntry.objects.get(event="signed_in")
    assert (entry.user_uid, entry.details) == (editor.uid, {"method": "admin"})


def test_a_recovery_code_lets_in_once(editor, secret):
    codes = RecoveryCodes.activate(editor).get_unused_codes()

    assert sign_in(editor.email, given=codes[0])[1].status_code == 302
    assert errors(sign_in(editor.email, given=codes[0])[1]) == [WRONG]


@pytest.mark.parametrize("given", ["", "000000", "not a code"])
def test_without_the_right_code_nobody_enters(editor, secret, given):
    client, answer = sign_in(editor.email, given=given)

    assert errors(answer) == [WRONG]
    assert client.get("/admin/").status_code == 302
    assert AuditEntry.objects.get().event == "second_factor_refused"


def test_a_code_is_good_once(editor, secret):
    given = code(secret)
    sign_in(editor.email, given=given)

    assert errors(sign_in(editor.email, given=given)[1]) == [WRONG]


def test_wrong_password_unknown_address_and_listener_look_alike(editor, secret, bob):
    TOTP.activate(bob, secret)

    answers = [
        sign_in(editor.email, "wrong", code(secret)),
        sign_in("nobody@example.com", PASSWORD, code(secret)),
        sign_in(bob.email, PASSWORD, code(secret)),
    ]

    assert [errors(answer) for _, answer in answers] == [[WRONG]] * 3
    assert AuditEntry.objects.filter(event="sign_in_refused").exists()


def test_staff_without_an_authenticator_are_told_how_to_get_one(editor):
    client, answer = sign_in(editor.email)

    assert "no second factor yet" in errors(answer)[0]
    assert client.get("/admin/").status_code == 302


def test_a_session_from_elsewhere_is_not_enough(editor, secret):
    client = Client()
    client.force_login(editor, BACKEND)

    assert client.get("/admin/").status_code == 302


def test_the_second_factor_of_one_is_not_that_of_another(editor, secret, staff_as):
    client = staff_as(editor)
    other = UserFactory(is_staff=True)
    session = client.session
    mark = session["staff_second_factor"]
    client.force_login(other, BACKEND)
    session = client.session
    session["staff_second_factor"] = mark
    session.save()

    assert client.get("/admin/").status_code == 302


def test_a_session_key_from_before_the_sign_in_opens_nothing(editor, secret):
    client = Client()
    client.get("/admin/login/")
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(editor.email, given=code(secret), client=client)
    stranger = Client()
    stranger.cookies["sessionid"] = session.session_key

    assert client.get("/admin/").status_code == 200
    assert stranger.get("/admin/").status_code == 302


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_who_is_no_longer_staff_is_out_at_once(editor, staff_as, change):
    client = staff_as(editor)
    assert client.get("/admin/").status_code == 200

    type(editor).objects.filter(pk=editor.pk).update(**change)

    assert client.get("/admin/").status_code == 302


def test_a_working_day_later_it_asks_again(editor, secret):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client, _ = sign_in(editor.email, given=code(secret))
        clock.shift(8 * 3600 + 1)
        # Redis has a clock of its own, which has not moved.
        cache.clear()

        assert client.get("/admin/").status_code == 302


def test_guessing_is_limited_by_name_and_address(editor, secret):
    for _ in range(5):
        sign_in(editor.email, "wrong", address="203.0.113.66")

    assert "Too many" in errors(sign_in(editor.email, given=code(secret), address="203.0.113.66")[1])[0]
    assert sign_in(editor.email, given=code(secret), address="198.51.100.7")[1].status_code == 302


def test_an_admin_session_is_kept_in_cache_and_database(settings):
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.cached_db"


def test_the_secret_of_staff_is_sealed(editor, secret):
    assert secret not in str(Authenticator.objects.get().data)
