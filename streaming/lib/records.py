"""Versioned records in Redis: what the hot path reads instead of SQL (design §8: viewer and track).

A row carries the version of its record and the version that was pushed. A change raises the version in its own
transaction and pushes after the commit; what a crash left out is pushed by a sweeper. Redis refuses an older version,
so neither a late push nor a slow fill can bring old rights back. A record lives 60 s at most without a push.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import orjson
from django.db import models
from django.db.models import F, Q

from streaming.lib import redis

log = logging.getLogger(__name__)

LIFETIME_SECONDS = 60
SWEEP_BATCH = 500

# The stored value is "<version> <json>". An equal version is written again: same content, new lifetime.
_PUSH = """
local held = redis.call('GET', KEYS[1])
if held then
  local version = tonumber(string.match(held, '^(%d+) '))
  if version and version > tonumber(ARGV[1]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'EX', ARGV[3])
return 1
"""


class RecordRow(models.Model):
    """A row whose record other apps read from Redis."""

    record_version = models.BigIntegerField(default=1, editable=False)
    record_pushed = models.BigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=RecordRow)

UNPUSHED = Q(record_pushed__lt=F("record_version"))


def push(key: str, version: int, body: dict[str, Any]) -> bool:
    """Write the record unless Redis holds a newer one; False when it was refused. Raises RedisUnavailable."""
    answer = redis.script(_PUSH)(keys=[key], args=[version, orjson.dumps(body), LIFETIME_SECONDS])
    return bool(answer)


def fill(key: str, version: int, body: dict[str, Any]) -> None:
    """Push what SQL just answered; with Redis down the next reader asks SQL again."""
    try:
        push(key, version, body)
    except redis.RedisUnavailable:
        log.warning("record not filled: Redis is down", extra={"record": key})


def parse(raw: bytes | None, *, fields: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """The body of a stored value; None when there is none, and when it is no record with these fields.

    A process of the release before or after this one may have written it: then SQL answers.
    """
    if raw is None:
        return None
    try:
        body = orjson.loads(raw.partition(b" ")[2])
    except ValueError:
        return None
    return body if isinstance(body, dict) and fields <= body.keys() else None


def push_rows(rows: Iterable[Row], render: Callable[[Row], tuple[str, dict[str, Any]]]) -> int:
    """Push each row's record and note the pushed version; returns how many were pushed.

    The note is compared with the version read, not set to the current one: a change that commits in between stays
    unpushed and is the sweeper's.
    """
    pushed = 0
    for row in rows:
        key, body = render(row)
        try:
            push(key, row.record_version, body)
        except redis.RedisUnavailable:
            log.warning("record not pushed: Redis is down; the sweeper tries again", extra={"record": key})
            return pushed
        type(row)._default_manager.filter(pk=row.pk, record_pushed__lt=row.record_version).update(
            record_pushed=row.record_version
        )
        pushed += 1
    return pushed
