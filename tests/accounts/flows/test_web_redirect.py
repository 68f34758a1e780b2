"""Sign in with Apple and Google by redirect, followed as a browser does."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from accounts.models import Session, User
from accounts.sessions.client import REFRESH_COOKIE
from tests.accounts.flows.conftest import App, flows_of
from tests.factories import UserFactory
from tests.fakes.identity import HOSTS, TOKEN_HOSTS, Vendor, serve

CLIENT = "app.backbeat.web"
OURS = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(params=["apple", "google"])
def vendor(request, db, settings):
    vendor = Vendor(request.param)
    server = serve(vendor)
    here = f"http://127.0.0.1:{server.server_port}"
    settings.VENDORS_ELSEWHERE = {HOSTS[vendor.name]: here, TOKEN_HOSTS[vendor.name]: here}
    key = ec.generate_private_key(ec.SECP256R1())
    vendor.client_key = key.public_key()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    app = {"client_id": CLIENT, "secret": "KEYID", "key": "TEAM", "settings": {"certificate_key": pem, "hidden": False}}
    settings.SOCIALACCOUNT_PROVIDERS = {
        "apple": {"APPS": [app] if vendor.name == "apple" else []},
        "google": {"APPS": [app] if vendor.name == "google" else [], "OAUTH_PKCE_ENABLED": True},
    }
    yield vendor
    server.shutdown()
    server.server_close()


def begin(browser, vendor, **headers):
    return browser.post("/auth/web/begin", {"provider": vendor.name}, headers={**OURS, **headers})


def come_back(browser, vendor, begun, **claims):
    """What the vendor does after its own sign-in: with a code, to our address. Apple posts it."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun["Location"]).query).items()}
    back = {"code": vendor.grant(asked, **claims), "state": asked["state"]}
    address = urlsplit(asked["redirect_uri"]).path
    answer = browser.post(address, back) if vendor.name == "apple" else browser.get(address, back)
    while answer.status_code == 302 and urlsplit(answer["Location"]).path.startswith("/auth/"):
        parts = urlsplit(answer["Location"])
        answer = browser.get(f"{parts.path}?{parts.query}")
    return answer


def refresh(browser):
    headers = {"X-Client-Platform": "web", **OURS}
    return browser.post("/auth/refresh", {}, content_type="application/json", headers=headers)


def test_the_way_there_and_back_ends_in_a_session_of_ours(vendor):
    browser = Client()
    begun = begin(browser, vendor)
    assert urlsplit(begun["Location"]).hostname in ("appleid.apple.com", "accounts.google.com")

    answer = come_back(browser, vendor, begun)

    assert (answer.status_code, answer["Location"]) == (302, "/?signed-in")
    token = refresh(browser).json()["access_token"]
    me = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["email"] == "mona@example.com"
    assert Session.objects.get().platform == "web"
    assert "sessionid" not in browser.cookies


def test_the_cookie_of_the_flow_signs_nobody_in_afterwards(vendor):
    browser = Client()
    come_back(browser, vendor, begin(browser, vendor))
    thief = Client()
    thief.cookies["__Host-flow"] = browser.cookies["__Host-flow"].value

    assert thief.get("/auth/web/complete")["Location"] == "/sign-in?error=provider"
    assert REFRESH_COOKIE not in thief.cookies


def test_a_second_factor_is_asked_for_on_the_page(vendor):
    browser = Client()
    come_back(browser, vendor, begin(browser, vendor))
    TOTP.activate(User.objects.get(), generate_totp_secret())
    again = Client()

    answer = come_back(again, vendor, begin(again, vendor))

    address, _, flow = answer["Location"].partition("#flow=")
    assert address == "/sign-in"
    app = App()
    app.flow = flow
    assert flows_of(app.get("auth/session")) == {"mfa_authenticate"}
    assert REFRESH_COOKIE not in again.cookies


def test_an_admin_in_the_same_browser_stays_who_he_is(vendor, staff_as):
    operator = UserFactory(is_staff=True, is_superuser=True)
    browser = staff_as(operator)

    come_back(browser, vendor, begin(browser, vendor))

    assert browser.get("/admin/").status_code == 200
    token = refresh(browser).json()["access_token"]
    me = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["uid"] != str(operator.uid)


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_site_can_not_begin(vendor, headers):
    assert begin(Client(), vendor, **headers).status_code == 403


def test_a_return_without_the_beginning_signs_nobody_in(vendor):
    """A link with the attacker's own code and state: the victim's browser never began."""
    attacker, victim = Client(), Client()
    begun = begin(attacker, vendor)

    answer = come_back(victim, vendor, begun)

    assert answer.status_code in (302, 401, 403)
    assert REFRESH_COOKIE not in victim.cookies
    assert not Session.objects.exists()


def test_a_user_who_says_no_there_is_back_at_the_sign_in(vendor):
    browser = Client()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begin(browser, vendor)["Location"]).query).items()}
    address = urlsplit(asked["redirect_uri"]).path
    refused = {"error": "access_denied", "state": asked["state"]}
    answer = browser.post(address, refused) if vendor.name == "apple" else browser.get(address, refused)
    while answer.status_code == 302 and urlsplit(answer["Location"]).path.startswith("/auth/"):
        parts = urlsplit(answer["Location"])
        answer = browser.get(f"{parts.path}?{parts.query}")

    assert answer["Location"] == "/sign-in?error=provider"


def test_an_unknown_vendor_is_a_way_back_and_no_error(vendor):
    answer = Client().post("/auth/web/begin", {"provider": "myspace"}, headers=OURS)

    assert answer["Location"] == "/sign-in?error=provider"


@pytest.mark.parametrize("path", ["/auth/web/complete", "/auth/providers/google/callback?code=x&state=y"])
def test_who_comes_out_of_the_blue_goes_to_the_sign_in(vendor, path):
    answer = Client().get(path)

    assert answer.status_code in (302, 401)
    assert not Session.objects.exists()
