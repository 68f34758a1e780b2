"""Talking to Google Play: one session with our key and our timeout, and our two words for what can go wrong."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import service_account

from billing.purchases.providers import NoSuchPurchase, ProviderDown

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
# A token that Google doesn't know, that is malformed, or whose subscription ended more than sixty days ago.
UNKNOWN = frozenset({400, 404, 410})


def is_configured() -> bool:
    return bool(settings.GOOGLE_PLAY_PACKAGE and settings.GOOGLE_PLAY_SERVICE_ACCOUNT)


def get_subscription(token: str) -> dict[str, Any]:
    """The SubscriptionPurchaseV2 of this purchase token. Raises NoSuchPurchase, ProviderDown."""
    answer = _ask("GET", f"subscriptionsv2/tokens/{quote(token, safe='')}")
    try:
        found: dict[str, Any] = answer.json()
    except ValueError as error:
        raise ProviderDown("Google Play's answer is no JSON") from error
    return found


def acknowledge(product_id: str, token: str) -> None:
    """Say that the purchase arrived; doing it again does no harm. Raises NoSuchPurchase, ProviderDown."""
    where = f"subscriptions/{quote(product_id, safe='')}/tokens/{quote(token, safe='')}:acknowledge"
    _ask("POST", where, json={})


def _ask(method: str, where: str, **sent: Any) -> requests.Response:
    package = quote(settings.GOOGLE_PLAY_PACKAGE, safe="")
    address = f"{settings.GOOGLE_PLAY_API_BASE}/androidpublisher/v3/applications/{package}/purchases/{where}"
    with _reaching(), requests.Session() as session:
        headers = {"Authorization": f"Bearer {_access_token(session)}"}
        answer = session.request(
            method, address, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False, **sent
        )
    if answer.status_code in UNKNOWN:
        raise NoSuchPurchase(f"Google Play answered {answer.status_code}")
    if answer.status_code != 200:
        # A key that was revoked is for an operator to see in the log; to everything else Google is away.
        log.error("Google Play refused", extra={"status": answer.status_code})
        _credentials.cache_clear()
        raise ProviderDown(f"Google Play answered {answer.status_code}")
    return answer


def _access_token(session: requests.Session) -> str:
    """Not by the library's AuthorizedSession: that also asks another service, in a thread of its own, for regions."""
    credentials = _credentials(settings.GOOGLE_PLAY_SERVICE_ACCOUNT)
    if not credentials.valid:
        credentials.refresh(partial(Request(session), timeout=TIMEOUT_SECONDS))
    return str(credentials.token)


@contextmanager
def _reaching() -> Iterator[None]:
    """A key that is none (ValueError) is for an operator to see, as one that was revoked."""
    try:
        yield
    except (requests.RequestException, GoogleAuthError, ValueError) as error:
        log.warning("Google Play can't be asked", exc_info=error)
        raise ProviderDown(f"{type(error).__name__}: no answer") from error


@lru_cache(maxsize=2)
def _credentials(key: str) -> service_account.Credentials:
    """Kept, because they hold an access token that is good for an hour."""
    made: service_account.Credentials = service_account.Credentials.from_service_account_info(
        json.loads(key), scopes=[SCOPE]
    )
    return made
