"""The fold: from what a user bought and was given to what a user may do now. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from billing.states import PAYING, State, Tier

__all__ = ["ALLOWANCE", "Entitlements", "GrantTerms", "PurchaseTerms", "State", "Terms", "Tier", "fold"]

# How long access goes on when a renewal is due and its provider has said nothing (design §8), and when that is flagged:
# a renewal takes some minutes on a good day, too.
ALLOWANCE = timedelta(hours=24)
FLAGGED_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Entitlements:
    """What a user may do at one instant.

    `valid_until` is when this answer must be asked again (the next start or end), `ends_at` when the paid rights end;
    both are None where nothing is in sight.
    """

    tier: Tier = Tier.FREE
    ad_free: bool = False
    offline: bool = False
    max_quality: str = "standard"
    devices: int = 0
    slots: int = 1
    valid_until: datetime | None = None
    ends_at: datetime | None = None
    payment_problem: bool = False
    from_providers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What a provider says of one subscription now.

    `external_id` names the subscription at the provider, `product_id` what was bought; `account` is the user it was
    bought for, as far as the provider knows. `replaces` names an older subscription that this one continues;
    `is_acknowledged` is false while the provider waits to hear that we know of it.
    """

    external_id: str
    product_id: str
    state: State
    starts_at: datetime
    paid_until: datetime | None = None
    grace_until: datetime | None = None
    renews: bool = False
    revoked_at: datetime | None = None
    revoked_for: str = ""
    is_sandbox: bool = False
    is_family: bool = False
    account: uuid.UUID | None = None
    replaces: str = ""
    is_acknowledged: bool = True


class GrantTerms(Protocol):
    """What the fold reads of a grant."""

    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


class PurchaseTerms(Protocol):
    """What the fold reads of a purchase; without `grants_rights` (a sandbox's, an unknown product's) it is nothing."""

    provider: str
    state: str
    starts_at: datetime
    paid_until: datetime | None
    grace_until: datetime | None
    renews: bool

    @property
    def grants_rights(self) -> bool: ...


@dataclass(frozen=True)
class Right:
    """One stretch of paid rights: from `starts_at` until `until` (None: without end), flagged from `flagged_from`.

    `ends_at` is the end that is in sight; None when it goes on by itself.
    """

    provider: str
    starts_at: datetime
    until: datetime | None
    ends_at: datetime | None = None
    flagged_from: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.starts_at <= at and (self.until is None or self.until > at)

    def changes(self, at: datetime) -> list[datetime]:
        """The instants after `at` at which what this right says changes."""
        if self.until is not None and self.until <= at:
            return []
        return [when for when in (self.starts_at, self.flagged_from, self.until) if when is not None and when > at]


def right_of_grant(grant: GrantTerms) -> Right:
    ends = [when for when in (grant.ends_at, grant.revoked_at) if when is not None]
    until = min(ends, default=None)
    return Right("", grant.starts_at, until, until)


def right_of_purchase(purchase: PurchaseTerms) -> Right | None:
    """None when the purchase gives nothing at any time."""
    if not purchase.grants_rights:
        return None
    if purchase.state == State.GRACE and purchase.grace_until is not None:
        return Right(
            purchase.provider,
            purchase.starts_at,
            purchase.grace_until,
            purchase.grace_until,
            flagged_from=purchase.starts_at,
        )
    if purchase.state not in PAYING or purchase.paid_until is None:
        return None
    if not purchase.renews:
        return Right(purchase.provider, purchase.starts_at, purchase.paid_until, purchase.paid_until)
    return Right(
        purchase.provider,
        purchase.starts_at,
        purchase.paid_until + ALLOWANCE,
        flagged_from=purchase.paid_until + FLAGGED_AFTER,
    )


def fold(grants: Iterable[GrantTerms], purchases: Iterable[PurchaseTerms], at: datetime) -> Entitlements:
    """The union of rights of all grants and purchases at `at`. Order and repetition don't matter."""
    rights = [right_of_grant(grant) for grant in grants]
    rights += [right for right in map(right_of_purchase, purchases) if right is not None]
    current = [right for right in rights if right.holds(at)]
    valid_until = min((when for right in rights for when in right.changes(at)), default=None)
    if not current:
        return Entitlements(valid_until=valid_until)
    ends = [right.ends_at for right in current]
    return Entitlements(
        tier=Tier.PAID,
        ad_free=True,
        offline=True,
        max_quality="high",
        devices=5,
        slots=1,
        valid_until=valid_until,
        ends_at=None if None in ends else max(end for end in ends if end is not None),
        payment_problem=all(right.flagged_from is not None and right.flagged_from <= at for right in current),
        from_providers=tuple(sorted({right.provider for right in current if right.provider})),
    )
