"""Reads: what is for sale here, and what somebody has."""

import uuid
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from billing.models import Grant, Product, Purchase
from billing.offers.rules import PROVIDER_OF, Subscription, subscription_of
from billing.purchases import providers
from streaming.lib.errors import Code, DomainError


def offerings(*, platform: str, market: str) -> QuerySet[Product]:
    """What is for sale on this platform in this market, in order; nothing where its provider has no keys."""
    name = PROVIDER_OF[platform]
    if name not in providers.configured():
        return Product.objects.none()
    return Product.objects.offered(provider=name, market=market)


def offered_product(*, uid: uuid.UUID, platform: str, market: str) -> Product:
    """Raises PRODUCT_NOT_OFFERED: the price is never what a client says."""
    product = offerings(platform=platform, market=market).filter(uid=uid).first()
    if product is None:
        raise DomainError(Code.PRODUCT_NOT_OFFERED, "This product is not for sale here.", status=404)
    return product


def my_subscription(user: User, at: datetime) -> Subscription:
    """Two queries."""
    purchases = Purchase.objects.counting().filter(user=user, is_replaced=False).select_related("product")
    grants = list(Grant.objects.filter(user=user).in_force(at))
    endless = any(grant.ends_at is None for grant in grants)
    until = None if endless else max((grant.ends_at for grant in grants if grant.ends_at), default=None)
    return subscription_of(purchases, until, at, granted=bool(grants))


def manage_url(purchase: Purchase) -> str | None:
    """Where the owner manages it; None for Stripe, whose portal makes an address on demand."""
    return providers.api_of(purchase.provider).manage_url(purchase)
