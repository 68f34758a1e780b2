import base64
import hmac
import json
import time
from datetime import timedelta

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.sessions import keys, tokens
from accounts.sessions.services import start_session
from streaming.lib import clock


def raw(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def encoded(part):
    return raw(json.dumps(part).encode())


def forge(claims=None, *, key=None, headers=None, sign=None):
    """A token like ours but for what is named; `sign` makes the signature of anything, libraries refuse to."""
    current = keys.current_key()
    now = int(time.time())
    body = {
        "sub": "00000000-0000-4000-8000-000000000000",
        "sid": "00000000-0000-4000-8000-000000000001",
        "iat": now,
        "exp": now + 600,
        "iss": "backbeat",
        "aud": "backbeat-api",
        **(claims or {}),
    }
    body = {name: value for name, value in body.items() if value is not None}
    header = {"alg": "ES256", "kid": current.kid, "typ": "at+jwt", **(headers or {})}
    header = {name: value for name, value in header.items() if value is not None}
    if sign is None:
        algorithm = jwt.get_algorithm_by_name("ES256")
        private = key or current.private

        def sign(text):
            return algorithm.sign(text, private)

    text = f"{encoded(header)}.{encoded(body)}"
    return f"{text}.{raw(sign(text.encode()))}"


def hmac_with_the_public_key(text):
    public = keys.current_key().public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hmac.digest(public, text, "sha256")


def test_a_token_says_who_and_which_session_and_nothing_of_rights(bob):
    token = start_session(user=bob).access_token

    header = jwt.get_unverified_header(token)
    claims = tokens.backend.decode(token)

    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": keys.current_key().kid}
    assert set(claims) == {"sub", "sid", "iat", "exp", "iss", "aud"}
    assert claims["sub"] == str(bob.uid)
    assert claims["exp"] - claims["iat"] == 600


BAD = {
    "alg none": lambda: forge(headers={"alg": "none"}, sign=lambda text: b""),
    "HS256 with the public key": lambda: forge(headers={"alg": "HS256"}, sign=hmac_with_the_public_key),
    "foreign key": lambda: forge(key=ec.generate_private_key(ec.SECP256R1())),
    "foreign kid": lambda: forge(headers={"kid": "0" * 16}),
    "no kid": lambda: forge(headers={"kid": None}),
    "wrong type": lambda: forge(headers={"typ": "JWT"}),
    "wrong issuer": lambda: forge({"iss": "someone"}),
    "wrong audience": lambda: forge({"aud": "someone"}),
    "expired": lambda: forge({"exp": int(time.time()) - 1}),
    "not yet valid": lambda: forge({"nbf": int(time.time()) + 60}),
    "from the far future": lambda: forge({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 4000}),
    "a subject that is no uid": lambda: forge({"sub": "alice"}),
    "a subject that is a number": lambda: forge({"sub": 7}),
    "a session that is a list": lambda: forge({"sid": ["x"]}),
    "a session that is empty": lambda: forge({"sid": ""}),
    "a uid in braces": lambda: forge({"sid": "{00000000-0000-4000-8000-000000000001}"}),
    "a kid that is a number": lambda: forge(headers={"kid": 7}),
    "a kid of half a character": lambda: forge(headers={"kid": "\ud800"}),
    "a kid that is a dict": lambda: forge(headers={"kid": {"a": 1}}),
    "an end that is a text": lambda: forge({"exp": "tomorrow"}),
    "a start that is a text": lambda: forge({"iat": "yesterday"}),
    "no session": lambda: forge({"sid": None}),
    "no end": lambda: forge({"exp": None}),
    "an audience that is a list of others": lambda: forge({"aud": ["someone", "else"]}),
    "a header that is no JSON": lambda: raw(b"no JSON") + ".e30.AAAA",
    "a header that is a text": lambda: raw(b'"ES256"') + ".e30.AAAA",
    "a header without an end": lambda: raw(b"[" * 3000) + ".e30.AAAA",
    "a header that is not UTF-8": lambda: raw(bytes([255, 254])) + ".e30.AAAA",
    "no signature": lambda: forge(sign=lambda text: b""),
    "a signature of zeros": lambda: forge(sign=lambda text: bytes(64)),
    "truncated": lambda: forge()[:-10],
    "not a token": lambda: "abc",
    "a megabyte": lambda: "a" * 1_000_000,
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_401_and_never_500(db, api, name):
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {BAD[name]()}")

    response = api.get("/api/v1/me")

    assert (response.status_code, response.json()["code"]) == (401, "TOKEN_INVALID")
    assert response.json()["detail"] == "The access token is not valid or has expired. Sign in again."


def test_a_forgery_that_changes_nothing_passes_the_signature(db, api):
    assert tokens.backend.decode(forge())["aud"] == "backbeat-api"


def test_what_is_remembered_of_a_token_is_nobodys_to_change(db, bob):
    token = start_session(user=bob).access_token
    for _ in range(2):
        tokens.AccessToken(token)["sub"] = "somebody else"

    assert tokens.AccessToken(token)["sub"] == str(bob.uid)


def test_the_jwks_publishes_only_public_halves(db, api):
    published = api.get("/.well-known/jwks.json").json()["keys"]

    assert [key["kid"] for key in published] == [key.kid for key in keys.published_keys()]
    assert all("d" not in key and key["alg"] == "ES256" for key in published)


def test_a_clock_that_is_set_back_signs_nobody_out(db, api_as, bob):
    client = api_as(bob)

    with time_machine.travel(clock.now() - timedelta(minutes=5)):
        tokens.backend.forget()
        assert client.get("/api/v1/me").status_code == 200


def test_a_token_is_refused_when_it_has_expired_though_it_was_remembered(db, api_as, bob):
    client = api_as(bob)
    assert client.get("/api/v1/me").status_code == 200

    with time_machine.travel(clock.now() + timedelta(minutes=10, seconds=1)):
        assert client.get("/api/v1/me").json()["code"] == "TOKEN_INVALID"
