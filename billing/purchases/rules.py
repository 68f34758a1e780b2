"""When a purchase is asked for again, and whose it may become. Pure."""

from datetime import datetime, timedelta

from billing.rules import Terms

MOVES = 2
MOVES_WITHIN = timedelta(days=90)

# A renewal is news that comes by itself: we ask when it is late.
_LATE = timedelta(minutes=5)
_FIRST, _LONGEST = timedelta(minutes=5), timedelta(hours=6)


def check_again_at(terms: Terms, at: datetime) -> datetime | None:
    """When to ask the provider without having heard from it; None for what can't change by itself any more."""
    ends = [when for when in (terms.paid_until, terms.grace_until) if when is not None and when > at]
    return min(ends) + _LATE if ends else None


def retry_at(failed: int, at: datetime) -> datetime:
    """When to ask again after so many failures in a row: five minutes, doubled each time, six hours at most."""
    return at + min(_FIRST * int(2 ** min(failed, 10)), _LONGEST)


def may_move(recent_moves: int) -> bool:
    """So many moves happened within MOVES_WITHIN."""
    return recent_moves < MOVES
