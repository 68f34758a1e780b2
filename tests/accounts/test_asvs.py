"""OWASP ASVS 5.0, level 2, on passwords, sessions and tokens: one test an item, named after it.

Items whose proof is a test of its own elsewhere are named there; these are the ones that are about a whole.
"""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import Session
from accounts.sessions import rules, services
from accounts.sessions.models import ABSOLUTE_LIMIT, IDLE_LIMIT
from accounts.users.models import User
from streaming.settings import base
from tests.accounts.flows.conftest import App
from tests.factories.accounts import PASSWORD


def test_6_2_1_passwords_have_at_least_8_characters(db):
    assert App().sign_up(password="1234567").status_code == 400
    assert App().sign_up("other@example.com", password="7 words").status_code == 400


def test_6_2_2_users_can_change_their_password(bob):
    app = App()
    app.sign_in(bob.email)
    body = {"current_password": PASSWORD, "new_password": "another long secret", "keep_session": True}

    assert app.post("account/password/change", body).status_code == 200


def test_6_2_3_changing_a_password_needs_the_present_one(bob):
    app = App()
    app.sign_in(bob.email)

    assert app.post("account/password/change", {"new_password": "another long secret"}).status_code == 400


def test_6_2_4_common_passwords_are_refused(db):
    assert App().sign_up(password="password1").status_code == 400


@pytest.mark.parametrize("password", ["onlylowercase", "98234017569", "ÄÖÜ ß é 漢字 なに"])
def test_6_2_5_any_composition_is_taken(db, password):
    assert App().sign_up(password=password).status_code == 401


def test_6_2_8_a_password_is_checked_exactly_as_it_was_entered(db, bob):
    assert App().sign_in(bob.email, PASSWORD.upper()).status_code == 400
    assert App().sign_in(bob.email, f"{PASSWORD} ").status_code == 400


def test_6_2_9_passwords_of_64_characters_are_taken(db):
    assert App().sign_up(password="long enough " * 6).status_code == 401


def test_6_3_1_guessing_is_slowed_down(bob):
    app = App()
    for _ in range(6):
        app.sign_in(bob.email, "not the password")

    assert app.sign_in(bob.email).status_code == 400


def test_6_3_2_there_are_no_default_accounts(db):
    assert not User.objects.exists()


def test_6_3_3_the_admin_needs_a_second_factor(editor):
    form = {"username": editor.email, "password": PASSWORD, "code": ""}

    assert Client().post("/admin/login/", form).status_code == 200


def test_6_3_8_no_answer_tells_whether_an_account_exists(bob):
    known, unknown = App().sign_in(bob.email, "wrong"), App().sign_in("nobody@example.com", "wrong")

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_7_2_1_a_session_is_checked_by_the_server(bob, api):
    headers = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}

    assert api.get("/api/v1/me", headers=headers).status_code == 401


def test_7_2_3_a_refresh_token_has_256_bits_that_nobody_can_guess(bob):
    token = services.start_session(user=bob).refresh_token

    assert len(rules.parse_token(token).mac) * 8 == 256


def test_7_2_4_each_sign_in_makes_a_new_session(bob):
    app = App()
    for _ in range(2):
        app.tokens = {}
        app.sign_in(bob.email)

    assert Session.objects.values("uid").distinct().count() == 2


def test_7_3_1_and_7_3_2_sessions_end_without_use_and_at_the_latest(db):
    assert (IDLE_LIMIT.days, ABSOLUTE_LIMIT.days) == (30, 180)


def test_7_4_1_after_signing_out_nothing_of_the_session_is_good(bob, api_as):
    client = api_as(bob)
    client.post("/auth/sign-out")

    assert client.get("/api/v1/me").status_code == 401
    refresh = {"refresh_token": client.signed_in.refresh_token}
    assert client.post("/auth/refresh", refresh, "json").status_code == 401


def test_7_4_2_disabling_an_account_ends_its_sessions(bob, api_as):
    client = api_as(bob)
    bob.is_active = False
    bob.save()

    assert client.get("/api/v1/me").status_code == 401


def test_7_5_1_sensitive_changes_need_a_fresh_proof(bob):
    app = App()
    app.sign_in(bob.email)

    assert app.post("account/email", {"email": "robert@example.com"}).status_code == 401


def test_7_5_2_users_see_and_end_their_sessions(bob, api_as):
    client, elsewhere = api_as(bob), api_as(bob)
    uid = elsewhere.signed_in.session.uid

    assert str(uid) in {row["uid"] for row in client.get("/api/v1/me/sessions").json()["results"]}
    assert client.delete(f"/api/v1/me/sessions/{uid}").status_code == 204


def test_9_1_2_only_one_algorithm_is_taken(db):
    from accounts.sessions import tokens

    assert tokens.ALGORITHM == "ES256"


def test_10_4_5_a_refresh_token_that_is_used_again_ends_its_family(bob, api_as):
    client = api_as(bob)
    first = {"refresh_token": client.signed_in.refresh_token}
    second = {"refresh_token": client.post("/auth/refresh", first, "json").json()["refresh_token"]}
    third = {"refresh_token": client.post("/auth/refresh", second, "json").json()["refresh_token"]}

    assert client.post("/auth/refresh", first, "json").json()["code"] == "REFRESH_REUSED"
    assert client.post("/auth/refresh", third, "json").json()["code"] == "SESSION_ENDED"


def test_11_4_2_passwords_are_hashed_with_argon2id(db):
    assert base.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_3_3_1_cookies_are_secure_behind_tls():
    assert django_settings.SESSION_COOKIE_HTTPONLY
    assert base.SESSION_COOKIE_SECURE == base.BEHIND_TLS
