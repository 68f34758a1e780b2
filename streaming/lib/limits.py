"""How often something may be done: the `limits` library on our Redis, behind its breaker.

Windows begin at whole multiples of their length, so one atomic increment says everything: how many are left, and when
the next window begins. With Redis down everything is allowed (design §6): a limit protects the service, and must not be
what takes it down.
"""

from dataclasses import dataclass
from functools import cache

from limits.storage import RedisStorage

from streaming.lib import clock, redis


@dataclass(frozen=True)
class Limit:
    """`amount` times in `seconds`, under a name of its own."""

    name: str
    amount: int
    seconds: int


@dataclass(frozen=True)
class Verdict:
    """`remaining` calls of this window, which ends in `reset_seconds`."""

    limit: Limit
    allowed: bool
    remaining: int
    reset_seconds: int

    @property
    def retry_after(self) -> int:
        """Whole seconds to wait, rounded up; 0 when it is allowed."""
        return 0 if self.allowed else self.reset_seconds


@cache
def _storage() -> RedisStorage:
    """On our own pool, with its timeout and breaker."""
    return RedisStorage("redis://", connection_pool=redis.client().connection_pool, key_prefix="limit")


def _key(limit: Limit, window: int, parts: tuple[str, ...]) -> str:
    return ":".join((limit.name, *parts, str(window)))


def hit(limit: Limit, *key: str) -> Verdict:
    """Count one call under this key, and say whether it is within the limit."""
    now = clock.now_ms() // 1000
    window, passed = divmod(now, limit.seconds)
    try:
        count = _storage().incr(_key(limit, window, key), limit.seconds)
    except redis.RedisUnavailable:
        count = 0
    return Verdict(
        limit,
        allowed=count <= limit.amount,
        remaining=max(0, limit.amount - count),
        reset_seconds=limit.seconds - passed,
    )


def reset(limit: Limit, *key: str) -> None:
    """What was counted in this window is forgotten, as after a right PIN."""
    window = clock.now_ms() // 1000 // limit.seconds
    try:
        _storage().clear(_key(limit, window, key))
    except redis.RedisUnavailable:
        return
