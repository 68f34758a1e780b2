"""What billing holds of a person: purchases, grants, and what they were entitled to."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from billing.models import Checkout, EntitlementVersion, Grant, Purchase
from billing.services import fold_user
from billing.stripe import privacy as stripe


def grants(user: User) -> Rows:
    return Grant.objects.filter(user=user).order_by("pk").values("uid", "reason", "starts_at", "ends_at", "revoked_at")


def purchases(user: User) -> Rows:
    said = ("uid", "provider", "external_id", "product__name", "state", "starts_at", "paid_until", "renews")
    rows: Rows = Purchase.objects.filter(user=user).order_by("pk").values(*said)
    return rows


def entitlement_history(user: User) -> Rows:
    said = ("version", "at", "tier", "ends_at", "payment_problem", "cause")
    rows: Rows = EntitlementVersion.objects.filter(user_uid=user.uid).order_by("version").values(*said)
    return rows


def erase(*, user: User, **kwargs: Any) -> None:
    """Grants and purchases stay, to explain the past and the totals; purchases are nobody's any more.

    What runs at Stripe ends. Apple and Google let only the buyer end it: the docs and the page say so.
    """
    stripe.erase(user)
    Grant.objects.filter(user=user).update(note="")
    Checkout.objects.filter(user=user).delete()
    if Purchase.objects.filter(user=user).update(user=None):
        fold_user(user_id=user.pk, cause="the account was erased")


def connect() -> None:
    register("grants", grants)
    register("purchases", purchases)
    register("entitlement_history", entitlement_history)
    erasure_requested.connect(erase)
