"""Sign in with Apple and with Google by the id_token of an app."""

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.audit.models import AuditEntry
from accounts.models import Session, User
from tests.accounts.flows.conftest import App, errors_of, flows_of
from tests.fakes.identity import HOSTS, Vendor, serve

CLIENT = "app.backbeat.ios"


@pytest.fixture(params=["apple", "google"])
def vendor(request, db, settings):
    vendor = Vendor(request.param)
    server = serve(vendor)
    settings.VENDORS_ELSEWHERE = {HOSTS[vendor.name]: f"http://127.0.0.1:{server.server_port}"}
    app = {"client_id": CLIENT, "secret": "secret", "key": "TEAM", "settings": {"certificate_key": "", "hidden": False}}
    settings.SOCIALACCOUNT_PROVIDERS = {vendor.name: {"APPS": [app]}}
    yield vendor
    server.shutdown()
    server.server_close()


def sign_in(vendor, token, client_id=CLIENT, app=None):
    app = app or App()
    body = {"provider": vendor.name, "process": "login", "token": {"client_id": client_id, "id_token": token}}
    return app, app.post("auth/provider/token", body)


def test_the_first_time_makes_an_account_and_the_next_time_finds_it(vendor, settings):
    settings.ORIGIN_SECRET = "zone-secret"
    app, first = sign_in(vendor, vendor.id_token(CLIENT, given_name="Mona", family_name="Lee"))
    _again, second = sign_in(vendor, vendor.id_token(CLIENT, email="changed@example.com"))

    assert (first.status_code, second.status_code) == (200, 200)
    assert app.is_signed_in()
    user = User.objects.get()
    assert (user.email, user.market, user.has_usable_password()) == ("mona@example.com", "US", False)
    assert user.display_name == ("Mona Lee" if vendor.name == "google" else "Listener")
    assert SocialAccount.objects.get().uid == "subject-1"
    assert Session.objects.count() == 2
    assert AuditEntry.objects.filter(event="signed_in").last().details["methods"] == ["socialaccount"]


def test_an_address_opens_nobodys_account(vendor, bob, mails):
    """Whoever brings bob's address from elsewhere is not bob: only (issuer, sub) is an identity."""
    app, answer = sign_in(vendor, vendor.id_token(CLIENT, email="BOB@example.com"))

    assert answer.status_code == 401
    assert not app.is_signed_in()
    assert not SocialAccount.objects.exists()
    assert (bob.email, "You have an account already") in mails.all()


def test_an_address_that_the_vendor_does_not_vouch_for_needs_the_code(vendor, mails):
    app, answer = sign_in(vendor, vendor.id_token(CLIENT, email_verified=False))

    assert (answer.status_code, flows_of(answer)) == (401, {"verify_email"})
    assert app.enter(mails.code()).status_code == 200
    assert EmailAddress.objects.get().verified


def public_pem(vendor):
    (key,) = vendor.keys.values()
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def hs256(vendor):
    """Signed with the public key as a secret, which libraries refuse to do: by hand."""
    import base64
    import hmac

    text = vendor.id_token(CLIENT)
    header, body, _ = text.split(".")
    kid = next(iter(vendor.keys))
    header = base64.urlsafe_b64encode(f'{{"alg":"HS256","kid":"{kid}","typ":"JWT"}}'.encode()).rstrip(b"=").decode()
    mac = hmac.digest(public_pem(vendor), f"{header}.{body}".encode(), "sha256")
    return f"{header}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


BAD = {
    "another app": lambda vendor: vendor.id_token("com.example.other"),
    "another issuer": lambda vendor: vendor.id_token(CLIENT, iss="https://evil.example"),
    "expired": lambda vendor: vendor.id_token(CLIENT, exp=1),
    "a foreign key": lambda vendor: vendor.id_token(CLIENT, key=rsa.generate_private_key(65537, 2048)),
    "a foreign kid": lambda vendor: vendor.id_token(CLIENT, headers={"kid": "other"}),
    "HS256 with the public key": hs256,
    "no algorithm": lambda vendor: jwt.encode({"sub": "subject-1"}, None, algorithm="none", headers={"kid": "x"}),
    "no kid": lambda vendor: jwt.encode({"sub": "x"}, "k" * 32, algorithm="HS256"),
    "not a token": lambda vendor: "abc",
    "cut short": lambda vendor: vendor.id_token(CLIENT)[:-20],
    "a hundred kilobytes": lambda vendor: "a" * 100_000,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_refused_and_makes_nothing(vendor, name):
    _app, answer = sign_in(vendor, BAD[name](vendor))

    assert answer.status_code == 400
    assert errors_of(answer) == {("token", "invalid_token")}
    assert not User.objects.exists()


@pytest.mark.parametrize("token", [None, 7, [], {}, {"client_id": CLIENT}, {"client_id": 7, "id_token": 7}])
def test_what_is_no_token_is_a_400(vendor, token):
    answer = App().post("auth/provider/token", {"provider": vendor.name, "process": "login", "token": token})

    assert answer.status_code == 400


def test_after_a_rotation_of_their_keys_new_tokens_work_and_old_ones_do_not(vendor):
    old = vendor.id_token(CLIENT)
    vendor.rotate()

    assert sign_in(vendor, vendor.id_token(CLIENT))[1].status_code == 200
    assert sign_in(vendor, old)[1].status_code == 400


def test_a_vendor_that_is_down_is_a_refusal_and_no_error_of_ours(vendor):
    vendor.answers = False

    assert errors_of(sign_in(vendor, vendor.id_token(CLIENT))[1]) == {("token", "invalid_token")}


def test_a_disabled_account_is_not_signed_in(vendor):
    sign_in(vendor, vendor.id_token(CLIENT))
    User.objects.update(is_active=False)

    app, answer = sign_in(vendor, vendor.id_token(CLIENT))

    assert answer.status_code != 200
    assert not app.is_signed_in()


def test_only_what_is_configured_is_offered(vendor, settings):
    offered = {one["id"] for one in App().get("config").json()["data"]["socialaccount"]["providers"]}
    assert offered == {vendor.name}

    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert App().get("config").json()["data"]["socialaccount"]["providers"] == []
    assert sign_in(vendor, "abc")[1].status_code == 400


def test_an_account_connects_a_vendor_and_then_signs_in_with_it(vendor, bob):
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    token = vendor.id_token(CLIENT, email="elsewhere@example.com")
    body = {"provider": vendor.name, "process": "connect", "token": {"client_id": CLIENT, "id_token": token}}
    assert app.post("auth/provider/token", body).status_code == 200

    other, _answer = sign_in(vendor, vendor.id_token(CLIENT))

    assert other.get("/api/v1/me").json()["uid"] == str(bob.uid)
    assert AuditEntry.objects.filter(event="provider_connected", user_uid=bob.uid).exists()
