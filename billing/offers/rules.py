"""A subscription in one shape whoever the provider is. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from billing.rules import PurchaseTerms, right_of_purchase
from billing.states import State

# What the platforms sell through.
PROVIDER_OF = {"web": "stripe", "ios": "apple", "android": "google"}
_LIVE = frozenset({State.ACTIVE, State.TRIALING, State.GRACE, State.UNPAID, State.PAUSED})
_SAID = {State.GRACE: "past_due", State.UNPAID: "past_due"}


class OwnedPurchase(PurchaseTerms, Protocol):
    product: Any
    pk: Any


@dataclass(frozen=True)
class Subscription:
    """What a user is told. `purchase` is the one to manage; None for who has none or was given the right.

    States: none, granted, trialing, active, ending (paid, and does not renew), past_due, paused, incomplete, ended,
    revoked.
    """

    state: str = "none"
    purchase: Any = None
    renews_at: datetime | None = None
    ends_at: datetime | None = None
    payment_problem: bool = False
    also_paid_through: tuple[str, ...] = ()


def subscription_of(
    purchases: Iterable[OwnedPurchase], granted_until: datetime | None, at: datetime, *, granted: bool
) -> Subscription:
    """The purchase that counts most, with the others that are paid for beside it."""
    ranked = sorted(purchases, key=lambda purchase: _rank(purchase, at), reverse=True)
    if not ranked or (granted and not _holds(ranked[0], at)):
        return Subscription(state="granted", ends_at=granted_until) if granted else Subscription()
    first, *others = ranked
    return Subscription(
        state=state_of(first, at),
        purchase=first,
        renews_at=first.paid_until if first.renews and first.state in {State.ACTIVE, State.TRIALING} else None,
        ends_at=_ends_at(first),
        payment_problem=first.state in {State.GRACE, State.UNPAID} or _is_late(first, at),
        also_paid_through=tuple(other.provider for other in others if _holds(other, at)),
    )


def _holds(purchase: OwnedPurchase, at: datetime) -> bool:
    right = right_of_purchase(purchase)
    return right is not None and right.holds(at)


def _is_late(purchase: OwnedPurchase, at: datetime) -> bool:
    """It should have been renewed, and its provider has said nothing yet."""
    right = right_of_purchase(purchase)
    return right is not None and right.flagged_from is not None and right.flagged_from <= at < (right.until or at)


def _rank(purchase: OwnedPurchase, at: datetime) -> tuple[bool, bool, datetime, int]:
    """What gives rights comes first, then what is alive, then the newest."""
    return (_holds(purchase, at), purchase.state in _LIVE, purchase.starts_at, purchase.pk)


def _ends_at(purchase: OwnedPurchase) -> datetime | None:
    if purchase.state == State.GRACE:
        return purchase.grace_until
    return None if purchase.renews else purchase.paid_until


def state_of(purchase: OwnedPurchase, at: datetime) -> str:
    """The purchase's state as it is told; time alone can have ended it."""
    state = State(purchase.state)
    if state in {State.ACTIVE, State.TRIALING}:
        if not _holds(purchase, at) and purchase.grants_rights:
            return "ended"
        return state.value if purchase.renews else "ending"
    return _SAID.get(state, state.value)
