"""Google's notifications, pushed by Pub/Sub: verified by the token that Pub/Sub signs in with, and queued."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from billing.google.client import TIMEOUT_SECONDS
from billing.google.rules import notification_of
from billing.purchases.events import store_event
from streaming.lib import clock

log = logging.getLogger(__name__)

ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
SKEW_SECONDS = 10
KEPT = timedelta(hours=1)
# Whoever makes up key ids must not make us ask Google for each.
ASKED_AGAIN_AFTER = timedelta(seconds=60)


class Forged(Exception):
    """The request does not come from our Pub/Sub subscription."""


class KeysUnreachable(Exception):
    """Google's keys can't be had, so nothing can be said of the token."""


@dataclass(frozen=True)
class Certificates:
    """Google's certificates by key id, and when they were fetched."""

    address: str
    fetched_at: datetime
    by_key: Mapping[str, str]


_lock = threading.Lock()
_kept: Certificates | None = None


def forget_keys() -> None:
    """For tests, which have keys of their own."""
    global _kept  # noqa: PLW0603  one process keeps one set
    _kept = None


def verify_push(authorization: str) -> None:
    """Raises Forged, KeysUnreachable. Without an audience and an account in the settings nothing is believed."""
    kind, _, token = authorization.partition(" ")
    audience, account = settings.GOOGLE_PLAY_PUSH_AUDIENCE, settings.GOOGLE_PLAY_PUSH_ACCOUNT
    if kind.lower() != "bearer" or not audience or not account:
        raise Forged("no bearer token, or nothing to compare it with")
    claims = _claims(token, audience)
    if claims.get("iss") not in ISSUERS:
        raise Forged("another issuer")
    if claims.get("email") != account or claims.get("email_verified") is not True:
        raise Forged("another account")


def _claims(token: str, audience: str) -> Mapping[str, Any]:
    try:
        key_id = jwt.decode_header(token).get("kid")
        certificates = _certificates(str(key_id))
        claims: Mapping[str, Any] = jwt.decode(
            token, certs=certificates.by_key, audience=audience, clock_skew_in_seconds=SKEW_SECONDS
        )
    except (GoogleAuthError, ValueError, TypeError, AttributeError) as error:
        # Whatever else the library stumbles over in a token that anybody may send is a token that is not good.
        raise Forged(str(error)) from error
    return claims


def _certificates(key_id: str) -> Certificates:
    """The kept ones; fetched anew after an hour, and once for a key that they don't have."""
    global _kept  # noqa: PLW0603  one process keeps one set
    with _lock:
        age = clock.now() - _kept.fetched_at if _kept and _kept.address == settings.GOOGLE_PLAY_CERTS_URL else None
        if _kept is None or age is None or age >= KEPT or (key_id not in _kept.by_key and age >= ASKED_AGAIN_AFTER):
            _kept = _fetch(settings.GOOGLE_PLAY_CERTS_URL)
        return _kept


def _fetch(address: str) -> Certificates:
    try:
        answer = requests.get(address, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except requests.RequestException as error:
        raise KeysUnreachable(type(error).__name__) from error
    if not isinstance(found, dict):
        raise KeysUnreachable("no certificates")
    return Certificates(address, clock.now(), found)


def keep(body: bytes) -> None:
    """Store the notification, once, and queue it. Raises rules.Malformed."""
    said = notification_of(body)
    if said.package != settings.GOOGLE_PLAY_PACKAGE:
        log.warning("a notification for another app was left out", extra={"event": said.event_id})
        return
    store_event(provider="google", event_id=said.event_id, kind=said.kind, subject=said.subject, payload=said.payload)
