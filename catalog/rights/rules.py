"""The one rule of playability. Visibility is a SQL predicate (TrackQuerySet.visible); both must agree."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why something can't be played (design §10)."""

    NOT_FOUND = "NOT_FOUND"
    EXPLICIT_BLOCKED = "EXPLICIT_BLOCKED"


@dataclass(frozen=True)
class Restriction:
    reason: Reason
    available_from: datetime | None = None


@dataclass(frozen=True)
class Playability:
    is_playable: bool
    restriction: Restriction | None = None
    available_until: datetime | None = None


def playability(*, kind: str, is_ready: bool, explicit: bool, hide_explicit: bool) -> Playability:
    """`kind` and `explicit` are the recording's, `hide_explicit` the viewer's. An ad is never something that a listener
    may choose. What does not exist for the viewer has no other reason: it would say that it is there."""
    if not is_ready or kind == "ad":
        return _refused(Reason.NOT_FOUND)
    if explicit and hide_explicit:
        return _refused(Reason.EXPLICIT_BLOCKED)
    return Playability(is_playable=True)


def _refused(reason: Reason) -> Playability:
    return Playability(is_playable=False, restriction=Restriction(reason))
