"""Refresh tokens [contract, design §7], and what a presented one means. Pure.

A token is base64url(session uid, 16 bytes ‖ generation, 4 bytes big-endian ‖ HMAC-SHA256(key, uid ‖ salt ‖ generation))
without padding: 70 characters. It can be derived again from the row, so none is stored.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# After a rotation the old token still gets the same successor: parallel tabs, and answers that were lost on the way.
GRACE = timedelta(seconds=60)
# The same for a request that names the attempt which rotated: a database that failed over takes minutes.
ATTEMPT_GRACE = timedelta(minutes=5)
_TOKEN_BYTES = 16 + 4 + 32
_PURPOSE = b"refresh\0"


class MalformedToken(ValueError):
    """The text is no refresh token of ours."""


@dataclass(frozen=True)
class Presented:
    """What a refresh token says before its MAC is checked."""

    session_uid: uuid.UUID
    generation: int
    mac: bytes


class Verdict(StrEnum):
    ROTATE = "rotate"
    SAME_SUCCESSOR = "same successor"
    REUSED = "reused"


def _mac(key: str, session_uid: uuid.UUID, salt: bytes, generation: int) -> bytes:
    message = _PURPOSE + session_uid.bytes + salt + generation.to_bytes(4, "big")
    return hmac.digest(key.encode(), message, hashlib.sha256)


def derive_token(session_uid: uuid.UUID, salt: bytes, generation: int, *, key: str) -> str:
    raw = session_uid.bytes + generation.to_bytes(4, "big") + _mac(key, session_uid, salt, generation)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parse_token(text: str) -> Presented:
    """Raises MalformedToken. One token has one spelling: base64 has spare bits."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise MalformedToken from error
    if len(raw) != _TOKEN_BYTES or base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise MalformedToken
    return Presented(uuid.UUID(bytes=raw[:16]), int.from_bytes(raw[16:20], "big"), raw[20:])


def is_genuine(presented: Presented, salt: bytes, *, keys: Sequence[str]) -> bool:
    """Whether one of our keys made it."""
    macs = [_mac(key, presented.session_uid, salt, presented.generation) for key in keys]
    return any(hmac.compare_digest(mac, presented.mac) for mac in macs)


def hash_attempt(attempt_id: str) -> str:
    """SHA-256 in hex; empty without an attempt id."""
    return hashlib.sha256(attempt_id.encode()).hexdigest() if attempt_id else ""


def judge(
    presented: int, *, current: int, rotated_at: datetime | None, attempt_hash: str, attempt: str, at: datetime
) -> Verdict:
    """What a genuine token of generation `presented` means for a session at generation `current`.

    Above the current one it is from before a restore of the database. `attempt_hash` is of the rotation that made the
    current one, `attempt` of this request. A clock that was set back makes the rotation look young, which is lenient.
    """
    if presented >= current:
        return Verdict.ROTATE
    if presented == current - 1 and rotated_at is not None:
        age = at - rotated_at
        repeats = bool(attempt) and hmac.compare_digest(attempt, attempt_hash)
        if age <= GRACE or (repeats and age <= ATTEMPT_GRACE):
            return Verdict.SAME_SUCCESSOR
    return Verdict.REUSED
