"""The deny list [invariant, design §7]: sessions that ended while access tokens of theirs could still be used.

A key is written before the end commits, and the newest ends are written again every 30 s and when Redis comes back. The
sentinel is set only after such a reload: without it Redis was wiped, and the session's row is asked instead.
"""

import logging
import uuid
from collections.abc import Iterable
from datetime import timedelta

from django.db import Error

from accounts.sessions.keys import LIFETIME
from accounts.sessions.models import Session
from streaming.lib import clock, redis

log = logging.getLogger(__name__)

# Longer than a token lives: clocks of two machines differ, and a clock may be set back.
KEPT = LIFETIME * 2
SENTINEL = "deny:ready"
_BATCH = 1000


def deny_key(session_uid: object) -> str:
    """Present while access tokens of an ended session could still be used."""
    return f"deny:{session_uid}"


def deny(session_uids: Iterable[uuid.UUID | str]) -> None:
    """Refuse the access tokens of these sessions from now on. With Redis down the sweep does it later."""
    try:
        with redis.client().pipeline(transaction=False) as pipe:
            for session_uid in session_uids:
                pipe.set(deny_key(session_uid), 1, ex=KEPT)
            pipe.execute()
    except redis.RedisUnavailable:
        # Design §7: with Redis down, reads go on until the token's `exp`; the row refuses everything else.
        log.warning("sessions not denied: Redis is down; the sweep does it")


def assert_denials() -> int:
    """Write the deny keys of the newest ends again, then the sentinel; returns how many. Raises RedisUnavailable.

    Rows are read after `since`, so an end that commits meanwhile has written its own key before.
    """
    since = clock.now() - KEPT - timedelta(seconds=30)
    uids = list(Session.objects.filter(ended_at__gt=since).values_list("uid", flat=True))
    for start in range(0, len(uids), _BATCH):
        with redis.client().pipeline(transaction=False) as pipe:
            for session_uid in uids[start : start + _BATCH]:
                pipe.set(deny_key(session_uid), 1, ex=KEPT)
            pipe.execute()
    redis.client().set(SENTINEL, 1)
    return len(uids)


def is_live(session_uid: uuid.UUID | str) -> bool:
    """Asks PostgreSQL."""
    return Session.objects.live().filter(uid=session_uid).exists()


def restore_after_a_wipe() -> None:
    """What the first request after a wipe does for all others; whatever fails here, the next request tries again."""
    try:
        assert_denials()
    except (*redis.RedisUnavailable, Error):
        log.warning("the deny list was not restored", exc_info=True)
