"""The only source of the current time, so that tests can travel (time-machine moves it)."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
