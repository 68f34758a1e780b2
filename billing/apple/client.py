"""Believing and asking the App Store: what it has signed, its server, and our words for what can go wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import requests
from appstoreserverlibrary.api_client import APIError, APIException, AppStoreServerAPIClient
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.signed_data_verifier import SignedDataVerifier, VerificationException, VerificationStatus
from celery import current_task
from django.conf import settings

from billing.purchases.providers import NoSuchPurchase, ProviderDown

TIMEOUT_SECONDS = 10
# App Review and TestFlight buy in the sandbox with the app that is in the store: a live installation asks there second.
ENVIRONMENTS = {
    "Production": (Environment.PRODUCTION, Environment.SANDBOX),
    "Sandbox": (Environment.SANDBOX,),
}
UNKNOWN = frozenset(
    {
        APIError.INVALID_TRANSACTION_ID,
        APIError.INVALID_ORIGINAL_TRANSACTION_ID,
        APIError.ACCOUNT_NOT_FOUND,
        APIError.ORIGINAL_TRANSACTION_ID_NOT_FOUND,
        APIError.TRANSACTION_ID_NOT_FOUND,
    }
)

Decoded = TypeVar("Decoded")


class Forged(Exception):
    """Not signed by Apple, or not for this app, or for an environment that does not count here."""


def is_configured() -> bool:
    return bool(settings.APPLE_STORE_BUNDLE_ID and settings.APPLE_STORE_KEY)


def environments() -> tuple[Environment, ...]:
    """Where purchases of this installation can come from, by our settings and by nothing that is sent to us."""
    return ENVIRONMENTS.get(settings.APPLE_STORE_ENVIRONMENT, ()) if is_configured() else ()


def verified(
    decode: Callable[[SignedDataVerifier], Decoded], *, within: tuple[Environment, ...] | None = None
) -> Decoded:
    """What `decode` reads, by the first of the environments whose signature it bears. Raises Forged, ProviderDown."""
    found: VerificationException | None = None
    for environment in environments() if within is None else within:
        try:
            return decode(_verifier(environment))
        except VerificationException as error:
            if error.status is VerificationStatus.RETRYABLE_VERIFICATION_FAILURE:
                raise ProviderDown("Apple's certificates can't be checked at the moment") from error
            found = error
    raise Forged(found.status.name if found else "this installation has no app in the App Store") from found


def _verifier(environment: Environment) -> SignedDataVerifier:
    return _made(
        environment,
        _may_go_online(),
        settings.APPLE_STORE_BUNDLE_ID,
        settings.APPLE_STORE_APP_ID,
        tuple(settings.APPLE_STORE_ROOTS),
    )


@cache
def _made(
    environment: Environment, online: bool, bundle_id: str, app_id: int, roots: tuple[str, ...]
) -> SignedDataVerifier:
    """Kept: it remembers for some minutes which certificates were good."""
    return SignedDataVerifier([Path(root).read_bytes() for root in roots], online, environment, bundle_id, app_id)


def _may_go_online() -> bool:
    """Whether a certificate was revoked is asked by workers only: that may take a minute, and a request has not one."""
    return settings.APPLE_STORE_OCSP and not settings.APPLE_STORE_API_BASE and bool(current_task)


class Client(AppStoreServerAPIClient):
    """Apple's own client with our timeout, and with another address where there is a stand-in."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(
            settings.APPLE_STORE_KEY.encode(),
            settings.APPLE_STORE_KEY_ID,
            settings.APPLE_STORE_ISSUER_ID,
            settings.APPLE_STORE_BUNDLE_ID,
            environment,
        )
        if settings.APPLE_STORE_API_BASE:
            self._base_url = f"{settings.APPLE_STORE_API_BASE}/{environment.value.lower()}"

    def _execute_request(
        self, method: str, url: str, params: Any, headers: dict[str, str], json: Any, data: bytes | None
    ) -> requests.Response:
        return requests.request(
            method,
            url,
            params=params,
            headers=headers,
            json=json,
            data=data,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
        )


@contextmanager
def asking() -> Iterator[None]:
    """Raises NoSuchPurchase and ProviderDown for what Apple's library raises."""
    try:
        yield
    except APIException as error:
        said = f"{error.http_status_code} {error.raw_api_error or ''} {error.error_message or ''}".strip()
        if error.api_error in UNKNOWN:
            raise NoSuchPurchase(said) from error
        # A key that was revoked is for an operator to see in the event's note; to everything else Apple is away.
        raise ProviderDown(said) from error
    except requests.RequestException as error:
        raise ProviderDown(f"{type(error).__name__}: no answer") from error
