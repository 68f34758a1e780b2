"""The one rule of playability. Visibility is a SQL predicate (`rights.queries`); a property test proves they agree.

Facts are plain data, the same from a SQL annotation and from a track record in Redis.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from catalog.rights.zones import day_begins


class Reason(StrEnum):
    """Why something can't be played (design §10)."""

    NOT_FOUND = "NOT_FOUND"
    NOT_YET_RELEASED = "NOT_YET_RELEASED"
    GEO_RESTRICTED = "GEO_RESTRICTED"
    EXPLICIT_BLOCKED = "EXPLICIT_BLOCKED"
    NOT_ENTITLED = "NOT_ENTITLED"
    WINDOW_ENDED = "WINDOW_ENDED"
    TAKEN_DOWN = "TAKEN_DOWN"


# Absent from browsing, search and charts; NOT_FOUND is absent everywhere.
NOT_BROWSABLE = frozenset({Reason.NOT_FOUND, Reason.WINDOW_ENDED, Reason.TAKEN_DOWN})


@dataclass(frozen=True)
class Restriction:
    """`unlock` is the tier that would open it, None when none would."""

    reason: Reason
    available_from: datetime | None = None
    unlock: str | None = None


@dataclass(frozen=True)
class Playability:
    """`available_until` is the first moment at which it may no longer be played as it may now."""

    is_playable: bool
    restriction: Restriction | None = None
    available_until: datetime | None = None


@dataclass(frozen=True)
class Audience:
    """For whom and when playability is asked."""

    market: str
    tier: str
    hide_explicit: bool
    at: datetime


@dataclass(frozen=True)
class Terms:
    """A rule as data. `is_own`: it is the track's own, not inherited."""

    scope: str
    territories: frozenset[str]
    access: str
    starts_at: datetime | None = None
    starts_on: date | None = None
    ends_at: datetime | None = None
    ends_on: date | None = None
    is_own: bool = False

    def covers(self, market: str) -> bool:
        return (market in self.territories) == (self.scope == "include")

    def allows(self, tier: str) -> bool:
        """Whether listeners of the tier hear the whole track; the preview everybody hears whom a rule covers."""
        return self.access == "everyone" or (self.access == "paid" and tier == "paid")


@dataclass(frozen=True)
class Facts:
    """What decides about a track. `rules` are those in force for it: its own, its release's or its label's."""

    kind: str
    is_ready: bool
    explicit: bool
    announced_at: datetime | None
    released_on: date
    rules: tuple[Terms, ...]
    taken_down_at: datetime | None = None


@dataclass(frozen=True)
class Window:
    """When a rule holds in one country: from `start` on, before `end`; None is open."""

    start: datetime
    end: datetime | None

    def is_over(self, at: datetime) -> bool:
        return self.end is not None and self.end <= at

    def holds(self, at: datetime) -> bool:
        return self.start <= at and not self.is_over(at)


def playability(facts: Facts, audience: Audience) -> Playability:
    """Whether the track may be played, and if not, the first reason in this order. What does not exist for somebody
    has no other reason: that would say that it is there."""
    at = audience.at
    if not exists(facts, at):
        return _refused(Reason.NOT_FOUND)
    if facts.taken_down_at is not None and facts.taken_down_at <= at:
        return _refused(Reason.TAKEN_DOWN)
    windows = windows_in(facts, audience.market)
    if not windows:
        return _refused(Reason.GEO_RESTRICTED)
    holding = [(terms, window) for terms, window in windows if window.holds(at)]
    if not holding:
        return _outside(windows, at)
    if facts.explicit and audience.hide_explicit:
        return _refused(Reason.EXPLICIT_BLOCKED)
    if not any(terms.allows(audience.tier) for terms, _ in holding):
        unlock = "paid" if any(terms.allows("paid") for terms, _ in holding) else None
        return Playability(False, Restriction(Reason.NOT_ENTITLED, unlock=unlock), _until(windows, at))
    allowed = [(terms, window) for terms, window in windows if terms.allows(audience.tier)]
    return Playability(is_playable=True, available_until=_until(allowed, at))


def playability_of_all(tracks: Sequence[Facts], audience: Audience) -> Playability:
    """Of a thing made of tracks: playable while one of them is; else the reason of the first."""
    judged = [playability(facts, audience) for facts in tracks]
    ends = [one.available_until for one in judged if one.is_playable]
    if not ends:
        return judged[0] if judged else _refused(Reason.NOT_FOUND)
    return Playability(is_playable=True, available_until=None if None in ends else max(filter(None, ends)))


def exists(facts: Facts, at: datetime) -> bool:
    """Published and announced. An ad is never something that a listener may choose."""
    announced = facts.announced_at is not None and facts.announced_at <= at
    return facts.is_ready and facts.kind != "ad" and announced


def windows_in(facts: Facts, market: str) -> list[tuple[Terms, Window]]:
    """The rules that cover the market, each with its window there."""
    return [(terms, _window(terms, facts, market)) for terms in facts.rules if terms.covers(market)]


def _window(terms: Terms, facts: Facts, market: str) -> Window:
    """Nothing starts before its release's date begins, but for a track whose own rule says when."""
    start = terms.starts_at or (day_begins(market, terms.starts_on) if terms.starts_on else None)
    released = day_begins(market, facts.released_on)
    if start is None or (start < released and not terms.is_own):
        start = released
    end = terms.ends_at or (day_begins(market, terms.ends_on) if terms.ends_on else None)
    return Window(start, end)


def _outside(windows: list[tuple[Terms, Window]], at: datetime) -> Playability:
    coming = [window.start for _, window in windows if not window.is_over(at)]
    if coming:
        return Playability(False, Restriction(Reason.NOT_YET_RELEASED, available_from=min(coming)))
    return _refused(Reason.WINDOW_ENDED)


def _until(windows: Iterable[tuple[Terms, Window]], at: datetime) -> datetime | None:
    """The end of the windows that hold now and of those that follow without a gap."""
    until = at
    for _, window in sorted(windows, key=lambda pair: pair[1].start):
        if window.start > until or window.is_over(until):
            continue
        if window.end is None:
            return None
        until = window.end
    return until


def _refused(reason: Reason) -> Playability:
    return Playability(is_playable=False, restriction=Restriction(reason))


def parse_terms(row: Mapping[str, Any]) -> Terms:
    """A rule from JSON, as SQL's annotation and a track record hold it."""

    def moment(name: str) -> datetime | None:
        return datetime.fromisoformat(row[name]) if row[name] else None

    def day(name: str) -> date | None:
        return date.fromisoformat(row[name]) if row[name] else None

    return Terms(
        scope=row["scope"],
        territories=frozenset(row["territories"]),
        access=row["access"],
        starts_at=moment("starts_at"),
        starts_on=day("starts_on"),
        ends_at=moment("ends_at"),
        ends_on=day("ends_on"),
        is_own=row["is_own"],
    )
