"""Access tokens [contract, design §7]: ES256, `typ=at+jwt` and `kid`, ten minutes, no tier and no rights in them.

The token backend plugs into simplejwt, which has neither `kid` nor a second key.
"""

import time
import uuid
from datetime import timedelta
from typing import Any

import jwt
from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.tokens import Token

from accounts.sessions import keys
from accounts.sessions.keys import ALGORITHM, LIFETIME

TYPE = "at+jwt"
# How far ahead of our clock `iat` may be: a clock that is set back must not sign everyone out.
CLOCK_TOLERANCE = timedelta(minutes=10)
MAX_LENGTH = 4096
REMEMBERED = 10_000


class AccessTokenBackend:
    """simplejwt's backend interface: encode(payload) and decode(token)."""

    def __init__(self) -> None:
        # Checking a signature costs ten times a dictionary look-up, and a client sends one token for ten minutes.
        # Only what was verified is remembered, under the whole token; `exp` and the key are compared on each use.
        self._verified: dict[str, tuple[str, dict[str, Any]]] = {}

    def forget(self) -> None:
        self._verified.clear()

    def encode(self, payload: dict[str, Any]) -> str:
        key = keys.current_key()
        claims = {**payload, "iss": settings.JWT_ISSUER, "aud": settings.JWT_AUDIENCE}
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": TYPE})

    def decode(self, token: str | bytes, verify: bool = True) -> dict[str, Any]:
        text = token.decode("latin-1") if isinstance(token, bytes) else token
        kid, known = self._verified.get(text, ("", None))
        if known is not None and known["exp"] > time.time() and keys.key_for(kid) is not None:
            return dict(known)
        kid, claims = self._verify(text)
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[text] = (kid, claims)
        return dict(claims)

    def _verify(self, text: str) -> tuple[str, dict[str, Any]]:
        try:
            if len(text) > MAX_LENGTH:
                raise jwt.InvalidTokenError("too long")
            header = jwt.get_unverified_header(text)
            if header.get("typ") != TYPE:
                raise jwt.InvalidTokenError("no access token")
            key = keys.key_for(header.get("kid"))
            if key is None:
                raise jwt.InvalidTokenError("no key of ours")
            claims: dict[str, Any] = jwt.decode(
                text,
                key.public,
                algorithms=[ALGORITHM],
                audience=settings.JWT_AUDIENCE,
                issuer=settings.JWT_ISSUER,
                options={"require": ["sub", "sid", "iat", "exp"], "verify_iat": False},
            )
            _check_claims(claims)
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise TokenBackendError("The access token is not valid or has expired.") from error
        return key.kid, claims


def _check_claims(claims: dict[str, Any]) -> None:
    """What PyJWT does not: the uids are uids as we write them, and the token is not from the future."""
    for uid in (claims["sub"], claims["sid"]):
        # Braces and capitals would name the same row under another key of the deny list.
        if str(uuid.UUID(uid)) != uid:
            raise jwt.InvalidTokenError("no uid as we write it")
    if claims["iat"] > time.time() + CLOCK_TOLERANCE.total_seconds():
        raise jwt.ImmatureSignatureError("issued in the future")


backend = AccessTokenBackend()


class AccessToken(Token):
    """Claims: sub (user uid), sid (session uid), iat, exp; iss and aud are added when it is signed."""

    token_type = "access"  # noqa: S105  simplejwt's name for a kind of token
    lifetime = LIFETIME

    @property
    def token_backend(self) -> Any:
        return backend

    def verify(self) -> None:
        """Everything was checked by the backend; simplejwt's own `token_type` and `jti` claims are not ours."""

    @classmethod
    def issue(cls, *, user_uid: str, session_uid: str) -> "AccessToken":
        token = cls()
        for claim in ("jti", "token_type"):
            token.payload.pop(claim, None)
        token["sub"], token["sid"] = user_uid, session_uid
        return token
