"""Answers in Redis that are the same for everybody. With Redis down SQL answers each time."""

import logging
from collections.abc import Callable
from typing import Any

import orjson

from analytics.charts.models import ChartName
from streaming.lib import redis

# A snapshot never changes: it goes when nobody asks any more. What is the newest is looked up once a minute.
SNAPSHOT_SECONDS = 3600
NEWEST_SECONDS = 60

log = logging.getLogger(__name__)


def snapshot_key(chart: ChartName, country: str, last: Any) -> str:
    return f"chart:1:{chart}:{country}:{last}"


OVERVIEW_KEY = "charts:1"


def remembered(key: str, seconds: int, ask: Callable[[], Any]) -> Any:
    """What Redis holds, else what `ask` answers, kept for so long. None is not kept: anybody can ask for what is not
    there."""
    try:
        held = redis.get_many(key)[0]
    except redis.RedisUnavailable:
        held = None
    if held is not None:
        return orjson.loads(held)
    # As it comes back, too: keys are text and dates are ISO 8601.
    raw = orjson.dumps(ask())
    if raw != b"null":
        _keep(key, raw, seconds)
    return orjson.loads(raw)


def _keep(key: str, raw: bytes, seconds: int) -> None:
    try:
        redis.client().set(key, raw, ex=seconds)
    except redis.RedisUnavailable:
        log.warning("chart not kept: Redis is down", extra={"key": key})


def forget_newest() -> None:
    """After new snapshots. Without Redis the old answer ends with its minute."""
    try:
        redis.client().delete(OVERVIEW_KEY)
    except redis.RedisUnavailable:
        log.warning("charts not forgotten: Redis is down")
