"""The seam to the providers: one small interface, filled in by billing.stripe, billing.apple and billing.google."""

from collections.abc import Iterable
from typing import Protocol

from billing.models import ProviderEvent, Purchase
from billing.rules import Terms
from streaming.lib.errors import Code, DomainError


class ProviderDown(Exception):
    """The provider did not answer, or not now: ask again later."""


class NoSuchPurchase(Exception):
    """The provider knows no such subscription, or it is none of ours."""


class ProviderApi(Protocol):
    """What a provider can be asked. Each may raise ProviderDown."""

    def is_configured(self) -> bool:
        """Whether there are keys for it."""

    def fetch(self, external_id: str) -> Terms:
        """What it says of this subscription now. Raises NoSuchPurchase."""

    def subjects_of(self, event: ProviderEvent) -> list[str]:
        """The subscriptions that an event is about; may ask the provider."""

    def after_commit(self, purchase: Purchase) -> None:
        """What the provider must be told once our row is there (Google: that it arrived)."""

    def all_subjects(self) -> Iterable[str]:
        """Every subscription that it knows and we may have missed."""

    def manage_url(self, purchase: Purchase) -> str | None:
        """Where its owner manages it; None when a link must be asked for (Stripe's portal)."""


_apis: dict[str, ProviderApi] = {}


def register(name: str, api: ProviderApi) -> None:
    _apis[name] = api


def api_of(name: str) -> ProviderApi:
    return _apis[name]


def configured() -> dict[str, ProviderApi]:
    return {name: api for name, api in _apis.items() if api.is_configured()}


def unavailable(name: str) -> DomainError:
    """What a client is told while a provider does not answer."""
    sentence = f"{name.capitalize()} does not answer at the moment. Try again in some minutes; nothing is lost."
    return DomainError(Code.PROVIDER_UNAVAILABLE, sentence, status=503, headers={"Retry-After": "60"})
