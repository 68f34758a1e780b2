"""What no app of ours sends: refused, and never a 500."""

import json

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from tests.accounts.flows.conftest import BASE, App, errors_of
from tests.factories.accounts import PASSWORD

PATHS = ["auth/signup", "auth/login", "auth/password/request", "auth/reauthenticate", "auth/webauthn/login"]
NO_OBJECT = {(None, "malformed")}


def send(app, path, body, method="post", content_type="application/json"):
    app.http.raise_request_exception = False
    headers = {"Authorization": f"Bearer {app.tokens['access_token']}"} if app.tokens else {}
    return getattr(app.http, method)(BASE + path, data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"null", b'"text"', b"7", b"\xff\xfe", b"NaN",
        b"[" * 900_000,
        b'{"email":' * 100_000,
        b'{"a":' * 990 + b"1" + b"}" * 990,
        b'{"email": ' + b"1" * 5000 + b"}",
        b'{"email": "\\ud800@example.com", "password": "x"}',
        b'{"email": "a@example.com", "password": "long enough \\udfff", "display_name": "x"}',
        b'{"email": "a@example.com", "password": "long enough", "display_name": "\\ud83d"}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)  # fmt: skip
def test_what_is_no_object_is_refused_in_json(db, path, body):
    answer = send(App(), path, body)

    assert answer.status_code in (400, 401)
    assert answer["Content-Type"] == "application/json"
    # 401: nobody is signed in, and that is found before the body is looked at.
    assert answer.status_code == 401 or errors_of(answer) == NO_OBJECT
    assert not User.objects.exists()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "values",
    [
        {"email": {"a": 1}, "password": [1], "display_name": None, "credential": 1},
        {"email": "a@example.com\0", "password": "long\0enough", "display_name": "\0"},
        {"email": "x" * 900_000, "password": PASSWORD, "display_name": "x"},
        {"email": "a@" + "ꭰ" * 100_000 + ".com", "password": PASSWORD, "display_name": "x"},
        {"email": 10**40, "password": True, "display_name": 1.5, "credential": "{}"},
        {"email": "a@example.com", "password": "x" * 900_000, "display_name": "x" * 1000},
        {},
    ],
    ids=["types", "nul", "long", "long and strange", "numbers", "long password", "nothing"],
)
def test_odd_values_are_refused(db, path, values):
    answer = send(App(), path, json.dumps(values).encode())

    assert answer.status_code in (400, 401)
    assert not User.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_the_content_type_decides_nothing(db, bob, content_type):
    body = json.dumps({"email": bob.email, "password": PASSWORD}).encode()

    assert send(App(), "auth/login", body, content_type=content_type).status_code == 200
    assert send(App(), "auth/login", b"email=a&password=b", content_type=content_type).status_code == 400


def test_a_body_above_the_limit_is_refused_before_it_is_read(db):
    answer = send(App(), "auth/login", b'{"email": "' + b"x" * 1_100_000 + b'"}')

    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "get"])
def test_another_method_is_refused_in_json(db, method):
    answer = send(App(), "auth/login", b"{}", method=method) if method != "get" else App().get("auth/login")

    assert answer.status_code in (400, 405)
    assert answer["Content-Type"] == "application/json"


CREDENTIALS = [
    1, "x", [], {}, {"response": None}, {"id": 1, "rawId": [], "type": "public-key", "response": []},
    {"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "e30", "attestationObject": "e30"}},
    {"id": "eA", "rawId": "eA", "type": "public-key",
     "response": {"clientDataJSON": "AAAA", "attestationObject": "oA", "authenticatorData": "AA", "signature": "",
                  "userHandle": "//"}},
    {"id": "eA", "rawId": "eA", "type": "public-key",
     "response": {"clientDataJSON": "e30", "attestationObject": "Ä", "authenticatorData": "Ä", "signature": "Ä"}},
]  # fmt: skip


@pytest.mark.parametrize("credential", CREDENTIALS, ids=str)
def test_what_is_no_passkey_is_refused(bob, credential):
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    visitor = App()
    app.http.raise_request_exception = visitor.http.raise_request_exception = False
    for one, path in (
        (app, "account/authenticators/webauthn"),
        (app, "auth/webauthn/reauthenticate"),
        (visitor, "auth/webauthn/login"),
    ):
        one.get(path)
        assert one.post(path, {"credential": credential, "name": "x"}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "account/authenticators/webauthn", {"id": 10**30, "name": "x"}),
        ("delete", "account/authenticators/webauthn", {"authenticators": [10**18, "x", None, {}]}),
        ("delete", "account/authenticators/webauthn", {"authenticators": "x"}),
        ("put", "account/email", {"email": "nobody's"}),
        ("patch", "account/email", {"email": "alice@example.com", "primary": True}),
        ("delete", "account/email", {"email": "bob@example.com"}),
        ("post", "account/email", {"email": "x" * 300 + "@example.com"}),
        ("post", "account/password/change", {"current_password": "x" * 400_000, "new_password": "y" * 400_000}),
        ("post", "auth/2fa/reauthenticate", {"code": "Ä"}),
    ],
)
def test_odd_values_of_somebody_signed_in_are_refused(bob, method, path, body):
    app = App()
    app.sign_in(bob.email)
    app.reauthenticate()
    app.http.raise_request_exception = False

    assert app.call(method, path, body).status_code == 400


@pytest.mark.parametrize("token", ["x", "Ä", "x" * 100_000, "a.b.c", "." * 70, "\t"])
def test_a_flow_token_that_is_none_names_nothing(db, token):
    app = App()
    app.http.raise_request_exception = False

    assert app.get("auth/session", **{"X-Session-Token": token}).status_code in (401, 410)
    assert app.get("auth/session", Authorization=f"Bearer {token}").status_code == 401


def test_a_flow_token_must_be_whole(db):
    app = App()
    app.sign_up()
    for token in (app.flow[:-1], app.flow + "A", app.flow.swapcase()):
        assert App().get("auth/session", **{"X-Session-Token": token}).status_code == 410


def test_a_flow_ends_by_itself(db, mails):
    app = App()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        app.sign_up()
        code = mails.code()
        clock.shift(901)
        assert app.enter(code).status_code == 409
        clock.shift(3600)
        cache.clear()
        assert app.enter(code).status_code == 410


def test_the_flow_of_another_is_of_no_use_with_an_access_token(bob, mails):
    """Who is signed in is who the access token says."""
    stranger, app = App(), App()
    stranger.sign_up()
    app.sign_in(bob.email)

    answer = app.post("auth/email/verify", {"key": mails.code()}, **{"X-Session-Token": stranger.flow})

    assert answer.status_code == 409


def test_an_access_token_of_an_ended_session_opens_no_flow(bob):
    app = App()
    app.sign_in(bob.email)
    app.post("/auth/sign-out")

    assert app.get("auth/session").status_code == 410
    assert app.post("account/password/change", {"current_password": PASSWORD, "new_password": "x"}).status_code == 410
