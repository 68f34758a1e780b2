"""Pure decisions about ads: whether a break is due, which ad it has, and what counts as heard."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

DAY = timedelta(hours=24)
HOLD = timedelta(minutes=10)
# A confirmation that comes later than this after the break is too old to be believed.
LATEST = timedelta(hours=24)
HEARD_MS = 10_000
# The whole of an ad: where one begins and ends, a player's count loses some milliseconds.
WHOLE = 0.95
# Between the answer to a break and the report both clocks are ours, but milliseconds get lost on the way.
SLACK_MS = 1_000
BEHIND = 0.9

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Cadence:
    """A break after so many whole tracks or so much listening, and never sooner than `apart` after the last."""

    tracks: int
    listened_ms: int
    apart: timedelta


@dataclass(frozen=True)
class Given:
    """An ad that this listener was given, counted or not."""

    creative_id: int
    campaign_id: int
    at: datetime


@dataclass(frozen=True)
class Context:
    """Who asks, when, and after what. `genres` are of the track beside the break; `seed` decides between equals."""

    at: datetime
    market: str
    genres: frozenset[int]
    tracks: int
    listened_ms: int
    history: Sequence[Given]
    cadence: Cadence
    seed: str


@dataclass(frozen=True)
class Candidate:
    """A creative with what its campaign booked and has got so far; empty `countries` or `genres` mean all."""

    creative_id: int
    campaign_id: int
    starts_at: datetime
    ends_at: datetime
    budget: int
    delivered: int
    held: int
    countries: frozenset[str]
    genres: frozenset[int]
    priority: int
    daily_cap: int
    minutes_between: int


def is_due(cadence: Cadence, *, tracks: int, listened_ms: int) -> bool:
    return tracks >= cadence.tracks or listened_ms >= cadence.listened_ms


def choose_ad(context: Context, candidates: Iterable[Candidate]) -> Candidate | None:
    """The ad of this break, or none.

    Among those that may be given, the highest priority goes first, then the campaign that is furthest behind its plan.
    """
    newest = max(context.history, key=lambda given: given.at, default=None)
    if not is_due(context.cadence, tracks=context.tracks, listened_ms=context.listened_ms):
        return None
    if newest is not None and context.at - newest.at < context.cadence.apart:
        return None
    fitting = [one for one in candidates if _fits(context, one) and not _is_repeated(one, newest)]
    return min(fitting, key=lambda one: _rank(context, one), default=None)


def _fits(context: Context, one: Candidate) -> bool:
    return (
        one.starts_at <= context.at < one.ends_at
        and one.delivered + one.held < one.budget
        and (not one.countries or context.market in one.countries)
        and (not one.genres or not one.genres.isdisjoint(context.genres))
        and not _is_capped(context, one)
    )


def _is_capped(context: Context, one: Candidate) -> bool:
    """Whether this listener was given enough of the campaign for now. What was given and not counted counts here."""
    times = [given.at for given in context.history if given.campaign_id == one.campaign_id]
    today = sum(1 for at in times if context.at - at < DAY)
    spared = timedelta(minutes=one.minutes_between)
    return today >= one.daily_cap or any(context.at - at < spared for at in times)


def _is_repeated(one: Candidate, newest: Given | None) -> bool:
    return newest is not None and newest.creative_id == one.creative_id


def _rank(context: Context, one: Candidate) -> tuple[int, float, bytes]:
    planned = expected_by(context.at, starts_at=one.starts_at, ends_at=one.ends_at, budget=one.budget)
    ahead = (one.delivered + one.held - planned) / one.budget
    return -one.priority, ahead, sha256(f"{context.seed} {one.creative_id}".encode()).digest()


def expected_by(at: datetime, *, starts_at: datetime, ends_at: datetime, budget: int) -> int:
    """How much of the budget an even delivery would have used by then."""
    if at >= ends_at:
        return budget
    if at <= starts_at:
        return 0
    return round(budget * ((at - starts_at) / (ends_at - starts_at)))


@dataclass(frozen=True)
class Delivery:
    """A campaign against its plan: what even delivery would have reached by now, and the share that was delivered."""

    expected: int
    percent: int
    is_behind: bool


def delivery_of(at: datetime, *, starts_at: datetime, ends_at: datetime, budget: int, delivered: int) -> Delivery:
    """Behind is who lacks more than a tenth of what was expected by now."""
    expected = expected_by(at, starts_at=starts_at, ends_at=ends_at, budget=budget)
    return Delivery(expected, percent=delivered * 100 // max(budget, 1), is_behind=delivered < expected * BEHIND)


def is_heard(*, listened_ms: int, duration_ms: int, held_at: datetime, at: datetime) -> bool:
    """Ten seconds, or the whole ad where it is shorter; and no more than can have been heard since it was given."""
    possible_ms = (at - held_at) // _MS + SLACK_MS
    return min(duration_ms * WHOLE, HEARD_MS) <= listened_ms <= possible_ms


def is_too_late(*, held_at: datetime, at: datetime) -> bool:
    return at - held_at > LATEST
