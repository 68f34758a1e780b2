"""Starting and changing subscriptions at Stripe."""

import logging
import uuid
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings
from djstripe.models import Customer

from accounts.models import User
from billing.models import Checkout, Product, Purchase
from billing.purchases.providers import NoSuchPurchase, ProviderDown, unavailable
from billing.purchases.services import purchase_lock, sync_purchase
from billing.states import State
from billing.stripe.client import asking, client, plain
from billing.stripe.privacy import forget_customer
from billing.stripe.queries import customer_of, session_status, subscriptions_of
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

log = logging.getLogger(__name__)

STRIPE = "stripe"
_CHANGEABLE = frozenset({State.ACTIVE, State.TRIALING, State.GRACE})


def start_checkout(*, user: User, product: Product, idempotency_key: str, site: str) -> Checkout:
    """A visit to Stripe's checkout for this product; the one that is open already, if there is one.

    `site` is our own address, with a slash at the end. Raises IDEMPOTENCY_KEY_REUSED, PROVIDER_UNAVAILABLE and what
    `refuse_second` raises.
    """
    # Two requests at once take turns: the second finds what the first has opened.
    with purchase_lock("checkout", str(user.uid)):
        try:
            open_one = _open_checkout(user, product, idempotency_key)
            return open_one or _new_checkout(user, product, idempotency_key, site)
        except ProviderDown as error:
            raise unavailable(STRIPE) from error


def _open_checkout(user: User, product: Product, idempotency_key: str) -> Checkout | None:
    before = Checkout.objects.filter(user=user, idempotency_key=idempotency_key).first()
    if before is not None and before.product != product:
        raise DomainError(
            Code.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used for another product. Make a new one.",
            status=409,
        )
    for checkout in Checkout.objects.filter(user=user, closed_at=None).select_related("product"):
        status = session_status(checkout.session_id)
        if status == "open" and checkout.product == product:
            return checkout
        if status == "open":
            with asking():
                client().v1.checkout.sessions.expire(checkout.session_id)
        Checkout.objects.filter(pk=checkout.pk).update(closed_at=clock.now())
        if status == "complete":
            # Paid, and the event is still on its way.
            sync_all(user=user, cause="a checkout was complete")
            refuse_second(user=user)
    if before is not None and before.closed_at is not None:
        return before
    return None


def _new_checkout(user: User, product: Product, idempotency_key: str, site: str) -> Checkout:
    uid = uuid.uuid4()
    try:
        session = _new_session(uid, user, product, site)
    except (NoSuchPurchase, stripe.InvalidRequestError) as error:
        if not _customer_is_gone(user):
            raise _unsellable(product) from error
        # Deleted in the dashboard. A key of its own: the first one's answer is remembered.
        forget_customer(user)
        session = _new_session(uuid.uuid4(), user, product, site)
    return Checkout.objects.create(
        uid=uid,
        user=user,
        product=product,
        idempotency_key=idempotency_key,
        session_id=session["id"],
        url=session["url"],
        expires_at=datetime.fromtimestamp(session["expires_at"], UTC),
    )


def _new_session(key: uuid.UUID, user: User, product: Product, site: str) -> dict[str, Any]:
    """Raises ProviderDown, and NoSuchPurchase when Stripe has the customer no more."""
    with asking():
        customer, _ = Customer.get_or_create(subscriber=user, livemode=settings.STRIPE_LIVE_MODE)
        asked = {
            "mode": "subscription",
            "customer": customer.id,
            "client_reference_id": str(user.uid),
            "line_items": [{"price": product.external_id, "quantity": 1}],
            "success_url": f"{site}subscription?checkout=done",
            "cancel_url": f"{site}pricing?checkout=cancelled",
            "subscription_data": _trial(user, product),
        }
        made = client().v1.checkout.sessions.create(asked, {"idempotency_key": str(key)})  # type: ignore[arg-type]
    return plain(made)


def _customer_is_gone(user: User) -> bool:
    """Asked, and not read out of an error: forgetting a customer who is there would lose what they pay for."""
    customer = customer_of(user)
    if customer is None:
        return False
    try:
        with asking():
            return bool(plain(client().v1.customers.retrieve(customer.id)).get("deleted"))
    except NoSuchPurchase:
        return True


def _unsellable(product: Product) -> DomainError:
    """The admin offers what Stripe doesn't sell: a price that was mistyped, or switched off there."""
    log.error("Stripe does not sell what is offered", extra={"product": product.external_id})
    return DomainError(Code.PRODUCT_NOT_OFFERED, "This product can't be bought at the moment.", status=404)


def _trial(user: User, product: Product) -> dict[str, object]:
    """A trial is for who has never had a subscription, wherever."""
    if product.trial_days and not Purchase.objects.filter(user=user).exists():
        return {"trial_period_days": product.trial_days}
    return {}


def refuse_second(*, user: User) -> None:
    """Raises ALREADY_SUBSCRIBED when one is running, wherever it was bought, and PURCHASE_DISPUTED."""
    purchases = list(Purchase.objects.counting().filter(user=user))
    if any(purchase.revoked_for == "dispute" and purchase.provider == STRIPE for purchase in purchases):
        raise DomainError(
            Code.PURCHASE_DISPUTED,
            "A payment of this account is disputed. When the dispute is settled, you can subscribe again.",
            status=409,
        )
    running = Purchase.objects.counting().live().filter(user=user).first()
    if running is not None:
        raise DomainError(
            Code.ALREADY_SUBSCRIBED,
            f"This account has a subscription through {running.get_provider_display()} already. Manage that one.",
            status=409,
        )


def sync_all(*, user: User, cause: str) -> None:
    """Ask Stripe for every subscription of this user. Raises ProviderDown."""
    for external_id in subscriptions_of(user):
        sync_purchase(provider=STRIPE, external_id=external_id, cause=cause)


def open_portal(*, user: User, site: str) -> str:
    """The address of Stripe's portal for this user. Raises NO_SUBSCRIPTION, PROVIDER_UNAVAILABLE."""
    customer = customer_of(user)
    if customer is None:
        raise no_subscription()
    try:
        with asking():
            asked = {"customer": customer.id, "return_url": f"{site}subscription"}
            return str(client().v1.billing_portal.sessions.create(asked).url)  # type: ignore[arg-type]
    except NoSuchPurchase as error:
        raise no_subscription() from error
    except ProviderDown as error:
        raise unavailable(STRIPE) from error


def set_renewal(*, purchase: Purchase, renews: bool) -> Purchase:
    """Cancel at the end of the paid period, or take that back. What is paid for stays.

    Raises NO_SUBSCRIPTION, PROVIDER_UNAVAILABLE.
    """
    try:
        return _change(purchase, {"cancel_at_period_end": not renews})
    except ProviderDown as error:
        raise unavailable(STRIPE) from error


def change_product(*, purchase: Purchase, product: Product) -> Purchase:
    """Change the plan now; what is paid and not used up is counted against the new price.

    Raises NO_SUBSCRIPTION, PRODUCT_NOT_OFFERED, PROVIDER_UNAVAILABLE.
    """
    try:
        with asking():
            items = plain(client().v1.subscriptions.retrieve(purchase.external_id))["items"]["data"]
        item = {"id": items[0]["id"], "price": product.external_id}
        return _change(purchase, {"items": [item], "proration_behavior": "always_invoice"})
    except (NoSuchPurchase, stripe.InvalidRequestError) as error:
        raise _unsellable(product) from error
    except ProviderDown as error:
        raise unavailable(STRIPE) from error


def _change(purchase: Purchase, change: dict[str, object]) -> Purchase:
    """Raises NO_SUBSCRIPTION, also when it ended and we had not heard; what else Stripe refuses stays an error."""
    if purchase.state not in _CHANGEABLE:
        raise no_subscription()
    try:
        with asking():
            client().v1.subscriptions.update(purchase.external_id, change)  # type: ignore[arg-type]
    except (NoSuchPurchase, stripe.InvalidRequestError):
        now = sync_purchase(provider=STRIPE, external_id=purchase.external_id, cause="a change was refused")
        if now.state not in _CHANGEABLE:
            raise no_subscription() from None
        raise
    return sync_purchase(provider=STRIPE, external_id=purchase.external_id, cause="changed by its owner")


def no_subscription() -> DomainError:
    return DomainError(Code.NO_SUBSCRIPTION, "There is no subscription here that could be changed.", status=409)
