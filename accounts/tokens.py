"""Access tokens [contract, design §7]: ES256, `typ=at+jwt` and `kid`, ten minutes, no tier and no rights in them.

The token backend plugs into simplejwt, which has neither `kid` nor a second key.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenBackendError
from rest_framework_simplejwt.tokens import Token

ALGORITHM = "ES256"
TYPE = "at+jwt"
LIFETIME = timedelta(minutes=10)
MAX_LENGTH = 4096
REMEMBERED = 10_000


@dataclass(frozen=True)
class SigningKey:
    kid: str
    private: EllipticCurvePrivateKey
    public: EllipticCurvePublicKey

    def jwk(self) -> dict[str, Any]:
        return {
            **jwt.algorithms.ECAlgorithm.to_jwk(self.public, as_dict=True),
            "kid": self.kid,
            "alg": ALGORITHM,
            "use": "sig",
        }


def _load(pem: str) -> SigningKey:
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, EllipticCurvePrivateKey):
        raise TypeError("JWT_SIGNING_KEYS must hold EC P-256 private keys")
    public = private.public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(kid=hashlib.sha256(der).hexdigest()[:16], private=private, public=public)


@cache
def signing_keys() -> tuple[SigningKey, ...]:
    """The current key first, then the previous one, whose tokens are still accepted."""
    return tuple(_load(pem) for pem in settings.JWT_SIGNING_KEYS)


class AccessTokenBackend:
    """simplejwt's backend interface: encode(payload) and decode(token)."""

    def __init__(self) -> None:
        # Checking a signature costs ten times a dictionary look-up, and a client sends one token for ten minutes.
        # Only what was verified is remembered, under the whole token; `exp` is compared on each use.
        self._verified: dict[str, dict[str, Any]] = {}

    def encode(self, payload: dict[str, Any]) -> str:
        key = signing_keys()[0]
        claims = {**payload, "iss": settings.JWT_ISSUER, "aud": settings.JWT_AUDIENCE}
        return jwt.encode(claims, key.private, algorithm=ALGORITHM, headers={"kid": key.kid, "typ": TYPE})

    def decode(self, token: str | bytes, verify: bool = True) -> dict[str, Any]:
        text = token.decode("latin-1") if isinstance(token, bytes) else token
        known = self._verified.get(text)
        if known is not None and known["exp"] > time.time():
            return known
        claims = self._verify(text)
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[text] = claims
        return claims

    def _verify(self, text: str) -> dict[str, Any]:
        try:
            if len(text) > MAX_LENGTH:
                raise jwt.InvalidTokenError("too long")
            header = jwt.get_unverified_header(text)
            key = next((key for key in signing_keys() if key.kid == header.get("kid")), None)
            if key is None or header.get("typ") != TYPE:
                raise jwt.InvalidTokenError("not one of our access tokens")
            claims: dict[str, Any] = jwt.decode(
                text,
                key.public,
                algorithms=[ALGORITHM],
                audience=settings.JWT_AUDIENCE,
                issuer=settings.JWT_ISSUER,
                options={"require": ["sub", "sid", "iat", "exp"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenBackendError("The access token is not valid or has expired.") from error
        return claims


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
