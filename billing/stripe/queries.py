"""Asking Stripe, and what dj-stripe has mirrored of it."""

import logging
import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from djstripe.models import Customer, Subscription

from accounts.models import User
from billing.models import ProviderEvent, Purchase
from billing.purchases.providers import NoSuchPurchase
from billing.rules import Terms
from billing.stripe import rules
from billing.stripe.client import asking, client, plain
from billing.stripe.privacy import ERASED, ERASING, erase_at_stripe
from streaming.lib import clock

log = logging.getLogger(__name__)

INVOICES = 10


def fetch(external_id: str) -> Terms:
    """The subscription as it is now, mirrored on the way. Raises NoSuchPurchase, ProviderDown."""
    at = clock.now()
    with asking():
        found = client().v1.subscriptions.retrieve(external_id)
        payment = _last_payment(external_id)
        _mirror(found)
    subscription = plain(found)
    return rules.terms_of(subscription, payment, _account_of(subscription["customer"]), at)


def _mirror(found: Any) -> None:
    """dj-stripe has no locks: two workers that see one price for the first time both insert it, and one fails.

    Nobody's rights wait for the mirror: what it can't take (a key that may not read the account) is only logged.
    """
    try:
        try:
            _sync(found)
        except IntegrityError:
            _sync(found)
    except Exception:
        log.exception("dj-stripe could not mirror a subscription", extra={"purchase": found.id})


def _sync(found: Any) -> None:
    with transaction.atomic():
        Subscription.sync_from_stripe_data(found)


def _account_of(customer_id: str) -> uuid.UUID | None:
    """The user whom we made this customer for. Only our server writes the link into a customer's metadata."""
    return User.objects.filter(djstripe_customers__id=customer_id).values_list("uid", flat=True).first()


def _last_payment(subscription_id: str) -> rules.Payment:
    asked = {"subscription": subscription_id, "limit": INVOICES, "expand": ["data.payments"]}
    invoices = plain(client().v1.invoices.list(asked))["data"]  # type: ignore[arg-type]  # a dict of its fields
    paid_until, intent_id = rules.payment_for(invoices)
    if not intent_id:
        return rules.Payment(paid_until)
    charge = plain(client().v1.payment_intents.retrieve(intent_id, {"expand": ["latest_charge"]}))["latest_charge"]
    if not charge:
        return rules.Payment(paid_until)
    dispute = ""
    if charge["disputed"]:
        # It stays true when a dispute is won: its state is what counts.
        disputes = plain(client().v1.disputes.list({"charge": charge["id"]}))["data"]
        dispute = next((entry["status"] for entry in disputes), "")
    return rules.Payment(paid_until, is_refunded=charge["refunded"], dispute=dispute)


def subjects_of(event: ProviderEvent) -> list[str]:
    """The subscriptions that the event's subject belongs to; a customer who is to be erased is, on the way."""
    if event.type == ERASED:
        return erase_at_stripe(event.subject.removeprefix(ERASING))
    kind = event.subject.split("_", 1)[0]
    with asking():
        return _FINDERS[kind](event.subject) if kind in _FINDERS else []


def _of_invoice(invoice_id: str) -> list[str]:
    subscription = rules.subscription_of(plain(client().v1.invoices.retrieve(invoice_id)))
    return [subscription] if subscription else []


def _of_intent(intent_id: str) -> list[str]:
    asked = {"payment": {"type": "payment_intent", "payment_intent": intent_id}}
    found = plain(client().v1.invoice_payments.list(asked))["data"]  # type: ignore[arg-type]  # a dict of its fields
    return [subscription for entry in found for subscription in _of_invoice(entry["invoice"])]


def _of_charge(charge_id: str) -> list[str]:
    intent = plain(client().v1.charges.retrieve(charge_id)).get("payment_intent")
    return _of_intent(intent) if intent else []


def _of_checkout(session_id: str) -> list[str]:
    subscription = plain(client().v1.checkout.sessions.retrieve(session_id)).get("subscription")
    return [subscription] if subscription else []


def _of_customer(customer_id: str) -> list[str]:
    found = client().v1.subscriptions.list({"customer": customer_id, "status": "all", "limit": 100})
    return [subscription.id for subscription in found.auto_paging_iter()]


_FINDERS = {
    "sub": lambda subject: [subject],
    "in": _of_invoice,
    "pi": _of_intent,
    "ch": _of_charge,
    "cs": _of_checkout,
    "cus": _of_customer,
}


def subscriptions_of(user: User) -> list[str]:
    """What Stripe knows of this user; the customer's mirror says which customer that is."""
    customer = customer_of(user)
    if customer is None:
        return []
    # A customer who was deleted in the dashboard has nothing.
    with suppress(NoSuchPurchase), asking():
        return _of_customer(customer.id)
    return []


def customer_of(user: User) -> Any:
    return Customer.objects.filter(subscriber=user, livemode=settings.STRIPE_LIVE_MODE, date_purged=None).first()


def session_status(session_id: str) -> str:
    """open, complete or expired; expired also when Stripe knows it no more."""
    try:
        with asking():
            return str(client().v1.checkout.sessions.retrieve(session_id).status)
    except NoSuchPurchase:
        return "expired"


class StripeApi:
    """billing.purchases.providers.ProviderApi for Stripe."""

    def is_configured(self) -> bool:
        return bool(settings.STRIPE_SECRET_KEY)

    def fetch(self, external_id: str) -> Terms:
        return fetch(external_id)

    def subjects_of(self, event: ProviderEvent) -> list[str]:
        return subjects_of(event)

    def after_commit(self, purchase: Purchase) -> None:
        """What was given back for good is not charged again: refunds and lost disputes don't cancel by themselves."""
        if purchase.revoked_for in {"refund", "dispute_lost"}:
            # One that is canceled is unknown to this call.
            with suppress(NoSuchPurchase), asking():
                client().v1.subscriptions.cancel(purchase.external_id)

    def all_subjects(self) -> Iterable[str]:
        with asking():
            for found in client().v1.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter():
                yield found.id

    def manage_url(self, purchase: Purchase) -> str | None:
        return None
