"""A browser's refresh token: in a cookie that no script reads and no other site can use."""

import pytest
from django.test import Client

from accounts.sessions.client import REFRESH_COOKIE
from accounts.sessions.models import Session
from tests.factories.accounts import PASSWORD

WEB = {"X-Client-Platform": "web"}


@pytest.fixture
def browser(db, bob):
    client = Client()
    answer = client.post(
        "/auth/app/v1/auth/login",
        {"email": bob.email, "password": PASSWORD},
        content_type="application/json",
        headers={**WEB, "X-Client-Name": "Chrome on Linux"},
    )
    assert answer.status_code == 200
    client.sign_in = answer
    return client


def refresh(client, **headers):
    return client.post("/auth/refresh", {}, content_type="application/json", headers={**WEB, **headers})


def test_the_cookie_has_every_attribute_that_protects_it(browser):
    cookie = browser.sign_in.cookies[REFRESH_COOKIE]

    assert REFRESH_COOKIE.startswith("__Host-")
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_a_browser_never_sees_its_refresh_token_in_a_body(browser):
    token = browser.cookies[REFRESH_COOKIE].value

    assert token not in browser.sign_in.content.decode()
    answer = refresh(browser)
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] is None
    assert browser.cookies[REFRESH_COOKIE].value not in answer.content.decode()
    assert browser.cookies[REFRESH_COOKIE].value != token


def test_an_app_gets_no_cookie(api, db, bob):
    login = {"email": bob.email, "password": PASSWORD}
    answer = api.post("/auth/app/v1/auth/login", login, "json", headers={"X-Client-Platform": "ios"})
    token = answer.json()["meta"]["refresh_token"]

    again = api.post("/auth/refresh", {"refresh_token": token}, "json")

    assert REFRESH_COOKIE not in answer.cookies
    assert REFRESH_COOKIE not in again.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Client-Platform": ""},
        {"X-Client-Platform": "ios"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://testserver"},
        {"Origin": "http://testserver.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_another_site_can_not_use_the_cookie(browser, headers):
    answer = refresh(browser, **headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "CSRF")
    assert Session.objects.get().generation == 0


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}])
def test_our_own_page_can(browser, headers):
    assert refresh(browser, **headers).status_code == 200


def test_behind_tls_the_origin_has_https(browser, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    proxied = {"X-Forwarded-Proto": "https", "Host": "testserver"}

    assert refresh(browser, Origin="http://testserver", **proxied).status_code == 403
    assert refresh(browser, Origin="https://testserver", **proxied).status_code == 200


def test_signing_out_takes_the_cookie_away(browser):
    token = browser.sign_in.json()["meta"]["access_token"]

    answer = browser.post("/auth/sign-out", headers={**WEB, "Authorization": f"Bearer {token}"})

    cookie = answer.cookies[REFRESH_COOKIE]
    assert (answer.status_code, cookie.value, cookie["max-age"], cookie["secure"]) == (204, "", 0, True)


def test_what_a_client_says_of_itself_is_kept(browser):
    session = Session.objects.get()

    assert (session.platform, session.name) == ("web", "Chrome on Linux")
