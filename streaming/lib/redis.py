"""The Redis of `REDIS_URL` with a 200 ms timeout and a breaker.

Redis never takes the API down (design §3): a call that fails raises RedisUnavailable, the caller answers from SQL, and
for the next two seconds nobody waits for Redis at all. Django's CACHES use the same connection class.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 0.2
OPEN_SECONDS = 2.0

# Redis refuses, too: writes when its memory is full or after a failover, anything while a script hangs. That it answers
# is no help to a caller who needs the answer.
RedisUnavailable = (redis.ConnectionError, redis.TimeoutError, redis.ResponseError)

log = logging.getLogger(__name__)


class _Breaker:
    """Per process: open after a failure; when the time has passed, one caller tries and the others still fail fast."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_until = 0.0
        self.on_recovery: list[Callable[[], object]] = []

    def is_open(self) -> bool:
        return time.monotonic() < self._open_until

    def note_failure(self) -> None:
        self._open_until = time.monotonic() + OPEN_SECONDS

    def close(self) -> None:
        self._open_until = 0.0

    def note_success(self) -> None:
        if not self._open_until:
            return
        with self._lock:
            recovered, self._open_until = bool(self._open_until), 0.0
        if recovered:
            for call in self.on_recovery:
                call()

    def check(self) -> None:
        if not self._open_until:
            return
        with self._lock:
            if self.is_open():
                raise redis.ConnectionError("Redis did not answer a moment ago")
            # This caller is the trial: the others go on failing fast until it has an answer.
            if self._open_until:
                self.note_failure()


_breaker = _Breaker()
is_open = _breaker.is_open
note_failure = _breaker.note_failure
reset = _breaker.close
# Called once, by whoever notices, when Redis answers again: what was not written meanwhile is written now.
on_recovery = _breaker.on_recovery


class BreakerConnection(redis.Connection):
    """A connection that asks the breaker before it sends.

    A pooled connection that the server closed while idle is no failure (redis-py opens it again, once); a server that
    can't be connected to or does not answer in time is.
    """

    def _connect(self) -> Any:
        try:
            return super()._connect()  # type: ignore[no-untyped-call]
        except OSError:
            _breaker.note_failure()
            raise

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        if self._sock is None:
            _breaker.check()
        elif is_open():
            raise redis.ConnectionError("Redis did not answer a moment ago")
        super().send_packed_command(command, check_health=check_health)  # type: ignore[no-untyped-call]

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            answer = super().read_response(*args, **kwargs)
        except redis.TimeoutError:
            _breaker.note_failure()
            raise
        except redis.ResponseError as error:
            # A script that is not loaded yet, and what redis-py asks of newer servers when it connects, are no trouble.
            if not isinstance(error, redis.exceptions.NoScriptError) and "unknown subcommand" not in str(error).lower():
                log.warning("Redis refused a command: %s", error)
            raise
        _breaker.note_success()
        return answer


def pool_options() -> dict[str, Any]:
    """What both our client and Django's CACHES give to their connection pools."""
    return {
        "connection_class": BreakerConnection,
        "socket_timeout": TIMEOUT_SECONDS,
        "socket_connect_timeout": TIMEOUT_SECONDS,
        "retry": Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        "max_connections": 100,
    }


@cache
def client() -> redis.Redis:
    """One client and pool per process; answers are bytes."""
    pool = redis.ConnectionPool.from_url(settings.REDIS_URL, **pool_options())
    return redis.Redis(connection_pool=pool)


def get_many(*keys: str) -> list[bytes | None]:
    """The values in the order of the keys, in one round trip. Raises RedisUnavailable."""
    values: list[bytes | None] = client().mget(*keys)  # type: ignore[assignment]  # bytes: we decode nothing
    return values


@cache
def script(source: str) -> Any:
    """A Lua script, sent by its hash; redis-py loads it when the server does not know it."""
    return client().register_script(source)
