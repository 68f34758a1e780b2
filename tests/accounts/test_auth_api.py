import uuid

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Session, User
from tests.factories.accounts import PASSWORD

SIGN_UP = {"email": "dora@example.com", "password": "a long enough secret", "display_name": "Dora"}


def problems(response):
    return {(found["pointer"], found["code"]) for found in response.json()["errors"]}


def test_sign_up_creates_the_account_and_signs_in(db, api):
    response = api.post("/auth/sign-up", SIGN_UP, format="json")

    assert response.status_code == 201
    body = response.json()
    assert body["user"]["email"] == "dora@example.com"
    assert body["user"]["market"] == "US"
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access_token']}")
    assert api.get("/api/v1/me").json()["display_name"] == "Dora"


def test_sign_up_twice_with_one_address_is_refused_whatever_its_spelling(db, api):
    api.post("/auth/sign-up", SIGN_UP, format="json")

    response = api.post("/auth/sign-up", {**SIGN_UP, "email": "DORA@EXAMPLE.COM"}, format="json")

    assert (response.status_code, response.json()["code"]) == (409, "EMAIL_TAKEN")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"email": "not an address"}, {("/email", "INVALID")}),
        ({"password": "password1"}, {("/password", "PASSWORD_WEAK")}),
        ({"password": "short"}, {("/password", "PASSWORD_WEAK")}),
        ({"password": "x" * 129}, {("/password", "MAX_LENGTH")}),
        ({"display_name": ""}, {("/display_name", "BLANK")}),
        ({"email": None}, {("/email", "NULL")}),
    ],
)
def test_sign_up_says_what_is_wrong_and_where(db, api, change, expected):
    response = api.post("/auth/sign-up", {**SIGN_UP, **change}, format="json")

    assert response.status_code == 400
    assert problems(response) == expected
    assert not User.objects.exists()


def test_market_comes_from_the_proxy_only_with_the_origin_secret(db, api, settings):
    settings.ORIGIN_SECRET = "zone-secret"

    forged = api.post("/auth/sign-up", SIGN_UP, format="json", headers={"CF-IPCountry": "DE"})
    real = api.post(
        "/auth/sign-up",
        {**SIGN_UP, "email": "emil@example.com"},
        format="json",
        headers={"CF-IPCountry": "DE", "X-Origin-Secret": "zone-secret"},
    )

    assert forged.json()["user"]["market"] == "US"
    assert real.json()["user"]["market"] == "DE"


def test_sign_in_answers_the_same_for_a_wrong_password_an_unknown_and_a_disabled_account(db, api, bob, charlie):
    User.objects.filter(pk=charlie.pk).update(is_active=False)
    answers = [
        api.post("/auth/sign-in", {"email": email, "password": password}, format="json")
        for email, password in (
            (bob.email, "wrong"),
            ("nobody@example.com", PASSWORD),
            (charlie.email, PASSWORD),
        )
    ]

    assert {(answer.status_code, answer.json()["code"], answer.json()["detail"]) for answer in answers} == {
        (401, "BAD_CREDENTIALS", "The address or the password is wrong.")
    }
    assert not Session.objects.exists()


def test_sign_in_accepts_another_spelling_of_the_address(db, api, bob):
    response = api.post("/auth/sign-in", {"email": " BOB@example.com ", "password": PASSWORD}, format="json")

    assert response.status_code == 200


def test_sign_out_refuses_the_access_token_at_once(api_as, bob):
    client = api_as(bob)

    assert client.post("/auth/sign-out").status_code == 204

    response = client.get("/api/v1/me")
    assert (response.status_code, response.json()["code"]) == (401, "TOKEN_INVALID")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'


def test_sign_out_ends_only_this_session(api_as, bob):
    here, there = api_as(bob), api_as(bob)

    here.post("/auth/sign-out")

    assert there.get("/api/v1/me").status_code == 200


def test_an_access_token_ends_after_ten_minutes(api_as, bob):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client = api_as(bob)
        clock.shift(599)
        assert client.get("/api/v1/me").status_code == 200
        clock.shift(1)
        assert client.get("/api/v1/me").status_code == 401


def test_a_disabled_account_is_refused_with_a_valid_token(api_as, bob):
    client = api_as(bob)
    User.objects.filter(pk=bob.pk).update(is_active=False)

    assert client.get("/api/v1/me").status_code == 401


def test_a_deleted_account_is_refused_with_a_valid_token(api_as, bob):
    client = api_as(bob)
    bob.delete()

    assert client.get("/api/v1/me").status_code == 401


def test_me_needs_a_session(db, api):
    response = api.get("/api/v1/me")

    assert (response.status_code, response.json()["code"]) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("address", ["a@b＠c.com", "a@ﷺ.com", f"a@{'ﷺ' * 20}.com", f"a@{'ΐ' * 63}.{'ΐ' * 63}.com"])
def test_an_address_is_checked_as_it_is_kept(db, api, address):
    response = api.post("/auth/sign-up", {**SIGN_UP, "email": address}, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "/email"
    assert not User.objects.exists()


def test_nobody_signs_up_as_staff_or_into_another_market(db, api, settings):
    wanted = {"is_staff": True, "is_superuser": True, "is_active": False, "market": "ZZ", "uid": str(uuid.uuid4())}

    response = api.post("/auth/sign-up", {**SIGN_UP, **wanted}, format="json")

    assert response.status_code == 201
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser, user.is_active) == (False, False, True)
    assert user.market == settings.DEFAULT_MARKET
    assert str(user.uid) != wanted["uid"]
