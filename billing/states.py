"""The closed words of billing, for models and rules alike."""

from enum import StrEnum


class Tier(StrEnum):
    FREE = "free"
    PAID = "paid"


class State(StrEnum):
    """What a purchase is, in one vocabulary for all providers."""

    ACTIVE = "active"
    TRIALING = "trialing"
    GRACE = "grace"  # a payment failed; access goes on until `grace_until`
    UNPAID = "unpaid"  # a payment failed and the grace is over, or there was none; Google: on hold
    PAUSED = "paused"
    INCOMPLETE = "incomplete"  # the first payment is not made
    ENDED = "ended"
    REVOKED = "revoked"  # refunded, disputed, or taken back by the provider


PAYING = frozenset({State.ACTIVE, State.TRIALING})
