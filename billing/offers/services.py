"""Buying, changing and restoring, whoever the provider is."""

import uuid

from accounts.models import User
from billing.models import Checkout, Product, Purchase
from billing.offers.queries import manage_url, my_subscription, offered_product
from billing.offers.rules import Subscription
from billing.purchases import proofs, providers
from billing.purchases.providers import NoSuchPurchase, ProviderDown, unavailable
from billing.purchases.services import sync_purchase
from billing.stripe import services as stripe
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

MAX_PROOFS = 20


def start_checkout(*, user: User, product_uid: uuid.UUID, idempotency_key: str, site: str) -> Checkout:
    """Raises PRODUCT_NOT_OFFERED, ALREADY_SUBSCRIBED with `manage_url`, and what Stripe's own raises."""
    product = offered_product(uid=product_uid, platform="web", market=user.market)
    refuse_second(user=user)
    return stripe.start_checkout(user=user, product=product, idempotency_key=idempotency_key, site=site)


def refuse_second(*, user: User) -> None:
    """One subscription at a time: the one that is there is named, with where to manage it."""
    try:
        stripe.refuse_second(user=user)
    except DomainError as error:
        running = Purchase.objects.counting().live().filter(user=user).first()
        error.members["manage_url"] = manage_url(running) if running else None
        raise


def change_subscription(*, user: User, renews: bool | None = None, product_uid: uuid.UUID | None = None) -> None:
    """Raises NO_SUBSCRIPTION, MANAGED_ELSEWHERE with `manage_url`, PRODUCT_NOT_OFFERED, PROVIDER_UNAVAILABLE."""
    purchase = _own_purchase(user)
    if product_uid is not None:
        product = offered_product(uid=product_uid, platform="web", market=user.market)
        purchase = _change_product(purchase, product)
    if renews is not None:
        stripe.set_renewal(purchase=purchase, renews=renews)


def _change_product(purchase: Purchase, product: Product) -> Purchase:
    if purchase.product_id == product.pk:
        return purchase
    return stripe.change_product(purchase=purchase, product=product)


def _own_purchase(user: User) -> Purchase:
    found: Subscription = my_subscription(user, clock.now())
    if found.purchase is None:
        raise stripe.no_subscription()
    if found.purchase.provider != stripe.STRIPE:
        raise DomainError(
            Code.MANAGED_ELSEWHERE,
            f"This subscription is {found.purchase.get_provider_display()}'s: it is changed there.",
            status=409,
            members={"manage_url": manage_url(found.purchase)},
        )
    purchase: Purchase = found.purchase
    return purchase


def claim_purchase(*, user: User, provider: str, proof: str) -> None:
    """A purchase that an app made, shown by its store's proof: checked with the store, and its owner's from now on.

    Raises PURCHASE_INVALID, PURCHASE_OF_ANOTHER, MOVED_TOO_OFTEN, PROVIDER_UNAVAILABLE.
    """
    try:
        external_id = proofs.read(provider, proof)
        sync_purchase(
            provider=provider, external_id=external_id, cause=f"shown by its owner ({provider})", claimant=user
        )
    except ProviderDown as error:
        raise unavailable(provider) from error
    except NoSuchPurchase as error:
        raise DomainError(Code.PURCHASE_INVALID, "The store knows no such purchase.", status=400) from error


def restore(*, user: User, provider: str, proofs_given: list[str]) -> None:
    """Everything that this user may have bought: what an app's store shows, and what Stripe knows of them.

    A proof of somebody else's purchase stops nothing: what is theirs is restored. Raises PROVIDER_UNAVAILABLE.
    """
    for proof in proofs_given[:MAX_PROOFS]:
        try:
            claim_purchase(user=user, provider=provider, proof=proof)
        except DomainError as error:
            if error.code is Code.PROVIDER_UNAVAILABLE or len(proofs_given) == 1:
                raise
    if stripe.STRIPE in providers.configured():
        try:
            stripe.sync_all(user=user, cause="restored by its owner")
        except ProviderDown as error:
            raise unavailable(stripe.STRIPE) from error
