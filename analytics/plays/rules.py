"""Pure decisions about plays: which are accepted, which are streams, and which month of the ledger holds them."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from playback.tickets import Ticket
from streaming.lib.ids import time_ms_of

FULL = "full"
STREAM_OVER_MS = 30_000
ACCEPTED_FOR = timedelta(days=60)
INTAKE_TIMEOUT = timedelta(seconds=10)
MONTHS_BEHIND = 2
MONTHS_AHEAD = 2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class Rejection(StrEnum):
    """Why a play is not counted. Sending it again changes nothing, so a client may drop it. A closed list."""

    BAD_TICKET = "BAD_TICKET"
    """Not a ticket that we gave out."""
    NOT_YOURS = "NOT_YOURS"
    """Another account's ticket."""
    INVALID_TIMES = "INVALID_TIMES"
    """It ended before it started."""
    LISTENED_TOO_LONG = "LISTENED_TOO_LONG"
    """More was listened to than time passed between the ticket and its return."""
    TOO_LATE = "TOO_LATE"
    """The ticket is more than 60 days old, or its month of the ledger is archived."""
    UNKNOWN_TRACK = "UNKNOWN_TRACK"
    """The track is no longer in the catalogue."""


@dataclass(frozen=True)
class SentPlay:
    """A play as a client sends it; both times carry the listener's own UTC offset."""

    ticket: str
    listened_ms: int
    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Facts:
    """What we hold to be true of an accepted play."""

    is_stream: bool
    listened_on: date
    counted_on: date


def is_stream(*, presentation: str, listened_ms: int) -> bool:
    return presentation == FULL and listened_ms > STREAM_OVER_MS


def judge(ticket: Ticket | None, sent: SentPlay, *, user_uid: uuid.UUID, received_at: datetime) -> Facts | Rejection:
    """The facts of one sent play, or why it is rejected. `ticket` is None when its signature was not ours."""
    if ticket is None:
        return Rejection.BAD_TICKET
    if ticket.user_uid != user_uid:
        return Rejection.NOT_YOURS
    if sent.ended_at < sent.started_at:
        return Rejection.INVALID_TIMES
    received_at_ms = (received_at - _EPOCH) // _MS
    if received_at_ms - time_ms_of(ticket.play_id) > ACCEPTED_FOR // _MS:
        return Rejection.TOO_LATE
    if sent.listened_ms > received_at_ms - ticket.issued_at_ms:
        return Rejection.LISTENED_TOO_LONG
    return Facts(
        is_stream=is_stream(presentation=ticket.presentation, listened_ms=sent.listened_ms),
        listened_on=listened_on(sent.started_at, issued_at_ms=ticket.issued_at_ms, received_at=received_at),
        counted_on=received_at.astimezone(UTC).date(),
    )


def listened_on(started_at: datetime, *, issued_at_ms: int, received_at: datetime) -> date:
    """The date on the listener's calendar. A clock that lies is believed between the ticket and its return only."""
    issued_at = _EPOCH + issued_at_ms * _MS
    return min(max(started_at, issued_at), received_at).astimezone(started_at.tzinfo).date()


def month_of(day: date) -> date:
    """A month is named by its first day."""
    return date(day.year, day.month, 1)


def shift_month(month: date, by: int) -> date:
    years, index = divmod(month.month - 1 + by, 12)
    return date(month.year + years, index + 1, 1)


def month_of_id(play_id: uuid.UUID) -> date:
    """The month whose partition holds the play; what no calendar can name is in the last month there is."""
    try:
        return month_of((_EPOCH + time_ms_of(play_id) * _MS).date())
    except OverflowError:
        return month_of(date.max)


def ledger_months(at: datetime) -> Iterator[date]:
    """The months that plays can fall into now or soon: two ahead, two back, and as far back as they are accepted."""
    this_month = month_of(at.astimezone(UTC).date())
    oldest_accepted = month_of((at.astimezone(UTC) - ACCEPTED_FOR).date())
    month = min(shift_month(this_month, -MONTHS_BEHIND), oldest_accepted)
    while month <= shift_month(this_month, MONTHS_AHEAD):
        yield month
        month = shift_month(month, 1)


def first_id_of(day: date) -> uuid.UUID:
    """Not above any UUIDv7 made on or after this UTC day, and above all made before it."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return uuid.UUID(int=((at - _EPOCH) // _MS) << 80)


def partition_name(month: date) -> str:
    return f"analytics_play_{month:%Y_%m}"
