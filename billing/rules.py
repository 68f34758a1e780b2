"""The fold: from what a user was given to what a user may do now. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Tier(StrEnum):
    FREE = "free"
    PAID = "paid"


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


class GrantTerms(Protocol):
    """What the fold reads of a grant."""

    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None


def fold(grants: Iterable[GrantTerms], at: datetime) -> Entitlements:
    """The union of rights of all grants at `at`. Order and repetition don't matter."""
    standing = [grant for grant in grants if grant.revoked_at is None or grant.revoked_at > at]
    current = [grant for grant in standing if grant.starts_at <= at and (grant.ends_at is None or grant.ends_at > at)]
    changes = [grant.starts_at for grant in standing if grant.starts_at > at]
    changes += [grant.ends_at for grant in current if grant.ends_at is not None]
    valid_until = min(changes, default=None)
    if not current:
        return Entitlements(valid_until=valid_until)
    endless = any(grant.ends_at is None for grant in current)
    return Entitlements(
        tier=Tier.PAID,
        ad_free=True,
        offline=True,
        max_quality="high",
        devices=5,
        slots=1,
        valid_until=valid_until,
        ends_at=None if endless else max(grant.ends_at for grant in current if grant.ends_at is not None),
    )
