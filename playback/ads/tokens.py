"""The two signed names of an impression: one confirms it, and only for its listener; the other leads to the advertiser.

A click's name travels in an address, which ends up in histories and logs, so it must not be able to confirm anything.
"""

import uuid
from dataclasses import dataclass

from django.conf import settings

from streaming.lib.signing import BadSignature, sign, unsign

IMPRESSION = "ad-impression"
CLICK = "ad-click"

__all__ = ["BadSignature", "ImpressionToken", "read_click", "read_impression", "write_click", "write_impression"]


@dataclass(frozen=True)
class ImpressionToken:
    impression_uid: uuid.UUID
    user_uid: uuid.UUID


def write_impression(*, impression_uid: uuid.UUID, user_uid: uuid.UUID) -> str:
    return sign(impression_uid.bytes + user_uid.bytes, keys=settings.TICKET_KEYS, purpose=IMPRESSION)


def read_impression(text: str) -> ImpressionToken:
    """Raises BadSignature."""
    payload = unsign(text, keys=settings.TICKET_KEYS, purpose=IMPRESSION)
    return ImpressionToken(uuid.UUID(bytes=payload[:16]), uuid.UUID(bytes=payload[16:]))


def write_click(*, impression_uid: uuid.UUID) -> str:
    return sign(impression_uid.bytes, keys=settings.TICKET_KEYS, purpose=CLICK)


def read_click(text: str) -> uuid.UUID:
    """The impression's uid. Raises BadSignature."""
    return uuid.UUID(bytes=unsign(text, keys=settings.TICKET_KEYS, purpose=CLICK))
