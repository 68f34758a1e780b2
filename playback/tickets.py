"""The ticket [contract]: signed proof that a play may start, with the play's id in it. Opaque to clients; uids only."""

import uuid
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings

from streaming.lib.signing import BadSignature, sign, unsign

PURPOSE = "play-ticket"

__all__ = ["BadSignature", "PlayContext", "Ticket", "read_ticket", "write_ticket"]


@dataclass(frozen=True)
class PlayContext:
    """What something was played from: its kind (album, search…) and, where it has one, its uid."""

    kind: str
    uid: uuid.UUID | None = None


@dataclass(frozen=True)
class Ticket:
    """`play_id` is a UUIDv7 of the time of issue; `issued_at_ms` is that time in Unix milliseconds."""

    play_id: uuid.UUID
    user_uid: uuid.UUID
    session_uid: uuid.UUID
    track_uid: uuid.UUID
    recording_uid: uuid.UUID
    artist_uids: tuple[uuid.UUID, ...]
    asset_uid: uuid.UUID
    presentation: str
    tier: str
    market: str
    context: PlayContext
    issued_at_ms: int


def write_ticket(ticket: Ticket) -> str:
    """Fields in a fixed order, without names: a ticket is sent twice for each play."""
    fields = (
        ticket.play_id,
        ticket.user_uid,
        ticket.session_uid,
        ticket.track_uid,
        ticket.recording_uid,
        ticket.artist_uids,
        ticket.asset_uid,
        ticket.presentation,
        ticket.tier,
        ticket.market,
        ticket.context.kind,
        ticket.context.uid,
        ticket.issued_at_ms,
    )
    return sign(orjson.dumps(fields), keys=settings.TICKET_KEYS, purpose=PURPOSE)


def read_ticket(text: str) -> Ticket:
    """The ticket; BadSignature when it is not one of ours."""
    fields: list[Any] = orjson.loads(unsign(text, keys=settings.TICKET_KEYS, purpose=PURPOSE))
    play_id, user, session, track, recording, artists, asset, presentation, tier, market, kind, context, issued = fields
    return Ticket(
        play_id=uuid.UUID(play_id),
        user_uid=uuid.UUID(user),
        session_uid=uuid.UUID(session),
        track_uid=uuid.UUID(track),
        recording_uid=uuid.UUID(recording),
        artist_uids=tuple(uuid.UUID(artist) for artist in artists),
        asset_uid=uuid.UUID(asset),
        presentation=presentation,
        tier=tier,
        market=market,
        context=PlayContext(kind, uuid.UUID(context) if context else None),
        issued_at_ms=issued,
    )
