"""Talking to Stripe: one client with our version, our timeout, and our two words for what can go wrong."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import stripe
from django.conf import settings

from billing.purchases.providers import NoSuchPurchase, ProviderDown

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
_AWAY = (
    stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError, stripe.AuthenticationError,
    stripe.PermissionError,
)  # fmt: skip


def set_up() -> None:
    """For dj-stripe's own calls, which use the library's globals."""
    stripe.default_http_client = _http()
    stripe.max_network_retries = 1


def client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        stripe_version=settings.STRIPE_API_VERSION,
        base_addresses={"api": settings.STRIPE_API_BASE},
        http_client=_http(),
        max_network_retries=1,
    )


@cache
def _http() -> stripe.RequestsClient:
    """One per process, with a session per thread: an event takes several calls, and a handshake costs more than one."""
    return stripe.RequestsClient(timeout=TIMEOUT_SECONDS)


@contextmanager
def asking() -> Iterator[None]:
    """Raises ProviderDown and NoSuchPurchase for what Stripe's library raises; a wrong request stays an error."""
    try:
        yield
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing" or error.http_status == 404:
            raise NoSuchPurchase(str(error.user_message or error)) from error
        raise
    except _AWAY as error:
        # A key that was revoked, or may too little, is for an operator to see in the log; to all else Stripe is away.
        if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
            log.error("Stripe refuses our key", extra={"said": error.user_message})  # noqa: TRY400  its trace says nothing
        raise ProviderDown(f"{type(error).__name__}: {error.user_message or 'no answer'}") from error


def plain(found: Any) -> dict[str, Any]:
    """A Stripe object as plain JSON."""
    parsed: dict[str, Any] = json.loads(str(found))
    return parsed
