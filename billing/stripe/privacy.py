"""What Stripe, and our mirror of it, hold of a person: removed at Stripe by a job that is repeated until it is done."""

from typing import Any

from django.conf import settings
from djstripe.models import (
    Charge,
    Customer,
    IdempotencyKey,
    Invoice,
    PaymentIntent,
    PaymentMethod,
    Session,
    SetupIntent,
    Subscription,
)

from accounts.models import User
from billing.purchases.events import store_event
from billing.purchases.providers import NoSuchPurchase
from billing.stripe.client import asking, client
from streaming.lib import clock

ERASED = "backbeat.customer_erased"
# A subject of its own: whoever works off another event about the customer has not erased them.
ERASING = "erased:"

# Fields of Stripe's objects that tell who somebody is. We decide nothing by them.
PERSONAL = frozenset(
    {
        "address", "billing_details", "card", "customer_address", "customer_details", "customer_email",
        "customer_name", "customer_phone", "customer_shipping", "description", "email", "individual_name", "name",
        "phone", "receipt_email", "shipping",
    }
)  # fmt: skip


def without_person(found: Any) -> Any:
    """A Stripe object as JSON, with None for whatever is personal in it."""
    if isinstance(found, dict):
        return {name: None if name in PERSONAL else without_person(value) for name, value in found.items()}
    return [without_person(value) for value in found] if isinstance(found, list) else found


def erase(user: User) -> None:
    """Forget here and now, and have Stripe forget: that also ends what is still paid for there."""
    for customer in Customer.objects.filter(subscriber=user):
        _forget(customer)
        if settings.STRIPE_SECRET_KEY:
            job = f"{ERASING}{customer.id}"
            store_event(provider="stripe", event_id=job, kind=ERASED, subject=job)


def erase_at_stripe(customer_id: str) -> list[str]:
    """Delete the customer at Stripe; returns the subscriptions that this has ended. Raises ProviderDown."""
    customer = Customer.objects.filter(id=customer_id).first()
    subscriptions = [] if customer is None else list(customer.subscriptions.values_list("id", flat=True))
    try:
        with asking():
            client().v1.customers.delete(customer_id)
    except NoSuchPurchase:
        pass
    if customer is not None:
        # Once more: a sync that was under way may have written what it had read before.
        _forget(customer)
    return subscriptions


def forget_customer(user: User) -> None:
    """Stripe has this user's customer no more: the next one is made anew, and not from what dj-stripe remembers."""
    for customer in Customer.objects.filter(subscriber=user):
        _forget(customer)
    IdempotencyKey.objects.filter(action=f"customer:create:{user.pk}").delete()


def _forget(customer: Customer) -> None:
    for mirrored in (Charge, Invoice, PaymentIntent, PaymentMethod, Session, SetupIntent, Subscription):
        for row in mirrored.objects.filter(customer=customer):
            mirrored.objects.filter(pk=row.pk).update(stripe_data=without_person(row.stripe_data))
    Customer.objects.filter(pk=customer.pk).update(
        subscriber=None, email="", date_purged=clock.now(), stripe_data=without_person(customer.stripe_data)
    )
