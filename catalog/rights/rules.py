"""The one rule of playability. Visibility is a SQL predicate (TrackQuerySet.visible); both must agree."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why something can't be played (design §10)."""

    NOT_FOUND = "NOT_FOUND"


@dataclass(frozen=True)
class Restriction:
    reason: Reason
    available_from: datetime | None = None


@dataclass(frozen=True)
class Playability:
    is_playable: bool
    restriction: Restriction | None = None
    available_until: datetime | None = None


def playability(*, kind: str, is_ready: bool) -> Playability:
    """`kind` is the recording's. An ad is never something that a listener may choose."""
    if not is_ready or kind == "ad":
        return Playability(is_playable=False, restriction=Restriction(Reason.NOT_FOUND))
    return Playability(is_playable=True)
