"""Giving out tickets."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from billing.viewer import Viewer
from catalog.music.track_record import facts_of
from catalog.rights.queries import audience_of
from catalog.rights.rules import Playability, Reason, Restriction, playability
from playback.queries import read_tracks
from playback.tickets import PlayContext, Ticket, write_ticket
from streaming.lib import clock, ids
from streaming.lib.errors import Code, DomainError, FieldProblem
from streaming.lib.links import MediaLink, media_link

FULL, PREVIEW = "full", "preview"
ENTRY_FILE = "main.m3u8"


@dataclass(frozen=True)
class TicketItem:
    """One thing a client wants to play, now or next."""

    track_uid: uuid.UUID
    context: PlayContext


@dataclass(frozen=True)
class Playable:
    """A ticket with all that a player needs; `gain_db` is what brings the track, or the album that it is played in, to
    the common loudness. A preview comes with the restriction that keeps the rest away."""

    play_id: uuid.UUID
    ticket: str
    link: MediaLink
    presentation: str
    kind: str
    duration_ms: int
    gain_db: float
    restriction: Restriction | None = None


def issue_tickets(*, viewer: Viewer, items: Sequence[TicketItem]) -> list[Playable | Playability]:
    """A ticket per item, or why there is none, in order. Nothing is stored.

    Raises RATE_LIMITED, and NOT_FOUND when none of the items exists for this viewer: a next item that has gone
    must not stop the current one.
    """
    answers = read_tracks(viewer, [str(item.track_uid) for item in items])
    if answers.wait_seconds:
        raise DomainError(
            Code.RATE_LIMITED,
            f"This account asked for too many tickets. Try again in {answers.wait_seconds} seconds.",
            status=429,
            headers={"Retry-After": str(answers.wait_seconds)},
        )
    judged = [_judge(viewer, item, record) for item, record in zip(items, answers.records, strict=True)]
    if not any(answers.records[place] and _exists(judgement) for place, judgement in enumerate(judged)):
        raise _nothing_found(len(items))
    return judged


def _exists(judgement: Playable | Playability) -> bool:
    return (
        isinstance(judgement, Playable) or judgement.restriction is None or judgement.restriction.reason != "NOT_FOUND"
    )


def _nothing_found(count: int) -> DomainError:
    problems = tuple(
        FieldProblem(f"/items/{place}/track", Code.NOT_FOUND, "There is no such track.") for place in range(count)
    )
    return DomainError(Code.NOT_FOUND, "None of these tracks exists.", status=404, problems=problems)


def _judge(viewer: Viewer, item: TicketItem, record: dict[str, Any] | None) -> Playable | Playability:
    if record is None:
        return Playability(is_playable=False, restriction=Restriction(Reason.NOT_FOUND))
    allowed = playability(facts_of(record), audience_of(viewer))
    reason = allowed.restriction.reason if allowed.restriction else None
    if reason is not None and reason != Reason.NOT_ENTITLED:
        return allowed
    full = "video" if record["kind"] == "video" else "standard"
    asset = record["assets"].get(PREVIEW if reason else full)
    if asset is None:
        return allowed if reason else Playability(is_playable=False, restriction=Restriction(Reason.NOT_FOUND))
    return _playable(viewer, item, record, asset, allowed.restriction)


def _playable(
    viewer: Viewer, item: TicketItem, record: dict[str, Any], asset: dict[str, Any], restriction: Restriction | None
) -> Playable:
    presentation = PREVIEW if restriction else FULL
    # In its album a quiet song stays quieter than its neighbours.
    in_album = item.context.kind == "album" and record["album_gain_db"] is not None
    issued_at_ms = clock.now_ms()
    asset_uid = uuid.UUID(asset["uid"])
    assert viewer.user_uid is not None  # noqa: S101  the view needs a session
    assert viewer.session_uid is not None  # noqa: S101
    ticket = Ticket(
        play_id=ids.new_uid(),
        user_uid=viewer.user_uid,
        session_uid=viewer.session_uid,
        track_uid=item.track_uid,
        recording_uid=uuid.UUID(record["recording"]),
        artist_uids=tuple(map(uuid.UUID, record["artists"])),
        asset_uid=asset_uid,
        presentation=presentation,
        tier=viewer.entitlements.tier,
        market=viewer.market,
        context=item.context,
        issued_at_ms=issued_at_ms,
    )
    link = media_link(
        base_url=settings.MEDIA_BASE_URL,
        key=settings.MEDIA_LINK_KEYS[0],
        asset=asset_uid,
        file=ENTRY_FILE,
        issued_at=issued_at_ms // 1000,
    )
    return Playable(
        play_id=ticket.play_id,
        ticket=write_ticket(ticket),
        link=link,
        presentation=presentation,
        kind=record["kind"],
        duration_ms=asset["duration_ms"] or record["duration_ms"],
        gain_db=record["album_gain_db"] if in_album else asset["gain_db"],
        restriction=restriction,
    )
