"""Public identifiers: UUIDv7 where the time of creation may be seen, UUIDv4 where it must not leak."""

import uuid

import uuid_utils.compat

from streaming.lib import clock


def new_uid() -> uuid.UUID:
    """A UUIDv7 of the injected clock's millisecond."""
    return uuid_utils.compat.uuid7(nanoseconds=clock.now_ms() * 1_000_000)


def time_ms_of(uid: uuid.UUID) -> int:
    """The Unix time in milliseconds inside a UUIDv7."""
    return uid.int >> 80
