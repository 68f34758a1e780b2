"""The only question other apps ask of billing."""

from datetime import datetime

from accounts.models import User
from billing.models import Grant, Purchase
from billing.rules import Entitlements, Tier, fold

__all__ = ["Entitlements", "Tier", "entitlements_for"]


def entitlements_for(user: User, at: datetime) -> Entitlements:
    """What the user may do at `at`, as far as we know now. Two queries."""
    return fold(Grant.objects.filter(user=user), Purchase.objects.filter(user=user), at)
