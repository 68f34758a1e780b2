"""When an account last had a break, in Redis: of many requests at once, one gets an ad.

With Redis down each may take a turn; the listener's impressions in SQL still keep breaks apart.
"""

import logging
import uuid
from datetime import datetime, timedelta

from streaming.lib import redis

log = logging.getLogger(__name__)

# KEYS: the account's last break. ARGV: now and the time between two breaks, in milliseconds. 1 when it is this turn.
_TAKE = """
local last = tonumber(redis.call('GET', KEYS[1]) or '')
if last and tonumber(ARGV[1]) - last < tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


def take_turn(user_uid: uuid.UUID, *, at: datetime, apart: timedelta) -> bool:
    """Whether this account may have a break now; from here on it had one."""
    apart_ms = apart // timedelta(milliseconds=1)
    if apart_ms <= 0:
        return True
    try:
        return bool(redis.script(_TAKE)(keys=[_key(user_uid)], args=[int(at.timestamp() * 1000), apart_ms]))
    except redis.RedisUnavailable:
        log.warning("breaks are kept apart by SQL alone: Redis is down")
        return True


def give_back(user_uid: uuid.UUID) -> None:
    """There was no ad for this break, so it was none."""
    try:
        redis.client().delete(_key(user_uid))
    except redis.RedisUnavailable:
        return


def _key(user_uid: uuid.UUID) -> str:
    return f"ads:break:{user_uid}"
