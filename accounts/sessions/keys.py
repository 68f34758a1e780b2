"""The keys of access tokens: made here, sealed under a key outside the database, rotated with no failed request.

A new key is published and accepted at once, and signs only after every cached copy of /.well-known/jwks.json is old;
the key before it is accepted until its last token has expired. So two keys are out, and three for some minutes.
"""

import hashlib
import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import Error, connection, transaction

from accounts.audit.services import Event, record
from accounts.sessions.models import SigningKey
from streaming.lib import clock
from streaming.lib.sealing import seal, unseal

log = logging.getLogger(__name__)

ALGORITHM = "ES256"
LIFETIME = timedelta(minutes=10)
JWKS_MAX_AGE = timedelta(minutes=5)
# A process reads the keys this often, and sooner when it meets a key that it does not know.
REREAD_SECONDS = 30.0
# A new key is published this long before it signs: caches of the JWKS and of our own processes are old by then.
PUBLISHED_BEFORE = JWKS_MAX_AGE + timedelta(seconds=2 * REREAD_SECONDS)
_UNKNOWN_SECONDS = 1.0
_LOCK = 0x6B657973  # "keys"


@dataclass(frozen=True)
class Key:
    kid: str
    private: ec.EllipticCurvePrivateKey
    signs_from: datetime
    accepted_until: datetime | None

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()

    def jwk(self) -> dict[str, Any]:
        return {
            **jwt.algorithms.ECAlgorithm.to_jwk(self.public, as_dict=True),
            "kid": self.kid,
            "alg": ALGORITHM,
            "use": "sig",
        }


class _Ring:
    """What this process has read, youngest first. With PostgreSQL down it goes on with what it has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.keys: tuple[Key, ...] = ()
        self.read_at = 0.0

    def read(self, *, older_than: float) -> tuple[Key, ...]:
        """Empty only while there is no key at all."""
        keys = self.keys
        if keys and time.monotonic() - self.read_at < older_than:
            return keys
        with self._lock:
            if not self.keys or time.monotonic() - self.read_at >= older_than:
                # Noted before the query: while PostgreSQL is slow or down, one thread at a time waits for it.
                self.read_at = time.monotonic()
                self.keys = self._load()
            return self.keys

    def _load(self) -> tuple[Key, ...]:
        try:
            rows = list(SigningKey.objects.order_by("-signs_from", "-pk"))
        except Error:
            if not self.keys:
                raise
            log.warning("the signing keys were not read again: PostgreSQL is down", exc_info=True)
            return self.keys
        return tuple(_unseal(row) for row in rows) or self.keys

    def forget(self) -> None:
        with self._lock:
            self.keys, self.read_at = (), 0.0


_ring = _Ring()


def forget() -> None:
    """Read the keys anew on the next use."""
    _ring.forget()


def published_keys() -> list[Key]:
    """Those whose tokens are, or soon will be, accepted: youngest first."""
    now = clock.now()
    found = [key for key in _ring.read(older_than=REREAD_SECONDS) if _is_accepted(key, now)]
    return found or [current_key()]


def current_key() -> Key:
    """The key that signs now; the very first one is made here."""
    now = clock.now()
    ring = _ring.read(older_than=REREAD_SECONDS)
    found = next((key for key in ring if key.signs_from <= now and _is_accepted(key, now)), None)
    if found is not None:
        return found
    _make_first(now)
    forget()
    return _ring.read(older_than=REREAD_SECONDS)[0]


def key_for(kid: object) -> Key | None:
    """The key that made a token, when its tokens are still accepted."""
    now = clock.now()
    for older_than in (REREAD_SECONDS, _UNKNOWN_SECONDS):
        found = next((key for key in _ring.read(older_than=older_than) if key.kid == kid), None)
        if found is not None:
            return found if _is_accepted(found, now) else None
    return None


def rotate(*, at_once: bool = False) -> str:
    """Make a new key; returns its kid.

    At once is for a key that leaked: the new key signs now, no older key is accepted any more, and clients refresh.
    """
    with transaction.atomic():
        _lock_keys()
        now = clock.now()
        signs_from = now if at_once else now + PUBLISHED_BEFORE
        if at_once:
            # Not only out of date: a clock that is set back would bring a key that leaked back.
            SigningKey.objects.all().delete()
        else:
            SigningKey.objects.filter(accepted_until__lt=now).delete()
            SigningKey.objects.filter(accepted_until=None).update(accepted_until=signs_from + 2 * LIFETIME)
        kid = _make(signs_from)
        record(Event.SIGNING_KEY_ROTATED, details={"kid": kid, "at_once": at_once})
    forget()
    return kid


def _make_first(now: datetime) -> None:
    """Two processes that start together make one key."""
    with transaction.atomic():
        _lock_keys()
        # Not by signs_from: the key of a process that was a moment faster is younger than our `now`.
        if not SigningKey.objects.filter(accepted_until=None).exists():
            _make(now)


def _lock_keys() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _make(signs_from: datetime) -> str:
    private = ec.generate_private_key(ec.SECP256R1())
    der = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    kid = hashlib.sha256(der).hexdigest()[:16]
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    SigningKey.objects.create(kid=kid, sealed=seal(pem.decode()), signs_from=signs_from)
    return kid


def _unseal(row: SigningKey) -> Key:
    private = serialization.load_pem_private_key(unseal(row.sealed).encode(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError("a signing key is no EC key")
    return Key(row.kid, private, row.signs_from, row.accepted_until)


def _is_accepted(key: Key, now: datetime) -> bool:
    return key.accepted_until is None or key.accepted_until > now
