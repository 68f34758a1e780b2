"""Intake: plays become rows of the ledger and pending rows in one statement, once per play id."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from django.db import IntegrityError, connection, transaction

from analytics.plays import queries, rules
from analytics.plays.models import ListenerNumber
from analytics.plays.queries import CountedKeys
from analytics.plays.rules import Facts, Rejection, SentPlay
from playback.tickets import BadSignature, Ticket, read_ticket
from streaming.lib.errors import Code, DomainError

PARTITIONS_LOCK = 0x6C656467657201


class Status(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


@dataclass(frozen=True)
class PlayResult:
    """`play_id` is None when the ticket is not ours or not this account's; `reason` is there when rejected."""

    play_id: uuid.UUID | None
    status: Status
    reason: Rejection | None = None


# One statement, so that no crash can leave a play in the ledger that is never pending. In the order of ids, so that
# two calls that send the same plays wait for each other instead of deadlocking.
_KEEP = """
WITH sent AS (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS sent(
        play_id uuid, track_id bigint, recording_id bigint, artist_ids bigint[], tier text,
        market text, context_kind text, context_uid uuid, presentation text, listened_ms integer,
        started_at timestamptz, ended_at timestamptz, received_at timestamptz, listened_on date, counted_on date,
        is_stream boolean)
), kept AS (
    INSERT INTO analytics_play (
        play_id, listener, track_id, recording_id, artist_ids, tier, market, context_kind, context_uid, presentation,
        listened_ms, started_at, ended_at, received_at, listened_on, counted_on)
    SELECT
        play_id, %(listener)s, track_id, recording_id, artist_ids, tier, market, context_kind, context_uid,
        presentation, listened_ms, started_at, ended_at, received_at, listened_on, counted_on
    FROM sent ORDER BY play_id
    ON CONFLICT (play_id) DO NOTHING
    RETURNING play_id
), pending AS (
    INSERT INTO analytics_play_pending (
        play_id, track_id, artist_ids, tier, market, context_kind, is_stream, counted_on)
    SELECT play_id, track_id, artist_ids, tier, market, context_kind, is_stream, counted_on
    FROM sent JOIN kept USING (play_id)
)
SELECT play_id FROM kept
"""


def record_plays(
    *, user_id: int, user_uid: uuid.UUID, plays: Sequence[SentPlay], received_at: datetime
) -> list[PlayResult]:
    """Keep what is new, and say of each play in order what became of it.

    The same play twice in one call, in two calls or in two at once is accepted once and a duplicate otherwise.
    Raises TOKEN_INVALID when the account was erased a moment ago.
    """
    tickets = [_ticket_of(play) for play in plays]
    own = [ticket for ticket in tickets if ticket is not None and ticket.user_uid == user_uid]
    keys = queries.counted_keys(own)
    partitions = _partitions(received_at) if own else set()
    judged: list[tuple[uuid.UUID | None, Facts | Rejection]] = []
    rows: dict[uuid.UUID, dict[str, Any]] = {}
    for ticket, sent in zip(tickets, plays, strict=True):
        outcome = rules.judge(ticket, sent, user_uid=user_uid, received_at=received_at)
        if ticket is not None and isinstance(outcome, Facts):
            outcome = _check(ticket, outcome, keys=keys, partitions=partitions)
            if isinstance(outcome, Facts):
                rows.setdefault(ticket.play_id, _row(ticket, sent, outcome, keys=keys, received_at=received_at))
        judged.append((ticket.play_id if ticket is not None else None, outcome))
    new = _keep(list(rows.values()), listener=_listener_number(user_id)) if rows else set()
    return _results(judged, new=new)


def make_partitions(*, at: datetime) -> None:
    """Give the ledger the months around `at` that it lacks. Safe when two run at once; an archived month stays away.

    A partition is made aside and then attached: that lock lets intake go on, which CREATE TABLE … PARTITION OF
    would stop.
    """
    months = {rules.partition_name(month): month for month in rules.ledger_months(at)}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PARTITIONS_LOCK])
        existing = queries.existing_tables(list(months))
        for name, month in months.items():
            if name in existing:
                continue
            bounds = [str(rules.first_id_of(month)), str(rules.first_id_of(rules.shift_month(month, 1)))]
            cursor.execute(f"CREATE TABLE {name} (LIKE analytics_play INCLUDING ALL)")
            cursor.execute(f"ALTER TABLE analytics_play ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)", bounds)


def _ticket_of(sent: SentPlay) -> Ticket | None:
    try:
        return read_ticket(sent.ticket)
    except BadSignature:
        return None


def _partitions(at: datetime) -> set[str]:
    """The partitions that the ledger has. Those that the task should have made long ago are made here: no play is
    lost because beat stood still."""
    attached = queries.attached_partitions()
    if attached.issuperset(map(rules.partition_name, rules.ledger_months(at))):
        return attached
    make_partitions(at=at)
    return queries.attached_partitions()


def _check(ticket: Ticket, facts: Facts, *, keys: CountedKeys, partitions: set[str]) -> Facts | Rejection:
    if not keys.has(ticket):
        return Rejection.UNKNOWN_TRACK
    if rules.partition_name(rules.month_of_id(ticket.play_id)) not in partitions:
        return Rejection.TOO_LATE
    return facts


def _row(ticket: Ticket, sent: SentPlay, facts: Facts, *, keys: CountedKeys, received_at: datetime) -> dict[str, Any]:
    return {
        "play_id": ticket.play_id,
        "track_id": keys.tracks[ticket.track_uid],
        "recording_id": keys.recordings[ticket.recording_uid],
        "artist_ids": keys.artist_ids(ticket),
        "tier": ticket.tier,
        "market": ticket.market,
        "context_kind": ticket.context.kind,
        "context_uid": ticket.context.uid,
        "presentation": ticket.presentation,
        "listened_ms": sent.listened_ms,
        # In UTC: PostgreSQL refuses offsets of 16 hours and more, which ISO 8601 knows.
        "started_at": sent.started_at.astimezone(UTC),
        "ended_at": sent.ended_at.astimezone(UTC),
        "received_at": received_at,
        "listened_on": facts.listened_on,
        "counted_on": facts.counted_on,
        "is_stream": facts.is_stream,
    }


def _listener_number(user_id: int) -> int:
    try:
        return ListenerNumber.objects.get_or_create(user_id=user_id)[0].pk
    except IntegrityError:
        raise DomainError(Code.TOKEN_INVALID, "This account no longer exists.", status=401) from None


def _keep(rows: list[dict[str, Any]], *, listener: int) -> set[uuid.UUID]:
    """Write the rows; the ids that were new."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A day closes a quarter of an hour after its end: no intake may hang longer than this.
        cursor.execute("SET LOCAL statement_timeout = %s", [rules.INTAKE_TIMEOUT // timedelta(milliseconds=1)])
        cursor.execute(_KEEP, {"rows": orjson.dumps(rows).decode(), "listener": listener})
        return {play_id for (play_id,) in cursor.fetchall()}


def _results(judged: Sequence[tuple[uuid.UUID | None, Facts | Rejection]], *, new: set[uuid.UUID]) -> list[PlayResult]:
    """In the order sent. Of several good rows with one id, the first is the one that was kept."""
    results = []
    unanswered = set(new)
    for play_id, outcome in judged:
        if isinstance(outcome, Rejection):
            shown = None if outcome is Rejection.NOT_YOURS else play_id
            results.append(PlayResult(shown, Status.REJECTED, outcome))
        elif play_id in unanswered:
            unanswered.remove(play_id)
            results.append(PlayResult(play_id, Status.ACCEPTED))
        else:
            results.append(PlayResult(play_id, Status.DUPLICATE))
    return results
