"""The ticket's Redis round trip: the account's limit and the track records in one script; SQL without Redis."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from billing.viewer import Viewer
from catalog.music.track_record import parse_record, read_from_sql, record_key
from streaming.lib import redis

WINDOW_SECONDS = 60

# KEYS: the account's counter, then the track records. ARGV: items asked for, items allowed, window in seconds.
# Answers the seconds to wait (0: go on), then the records in the order of the keys.
_ASK = """
local asked = redis.call('INCRBY', KEYS[1], ARGV[1])
if asked == tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
if asked > tonumber(ARGV[2]) then
  return {math.max(redis.call('TTL', KEYS[1]), 1)}
end
return {0, unpack(redis.call('MGET', unpack(KEYS, 2)))}
"""


@dataclass(frozen=True)
class TrackAnswers:
    """`wait_seconds` above 0: the account asked for too many. `records` has None for tracks that don't exist."""

    wait_seconds: int
    records: list[dict[str, Any] | None]


def read_tracks(viewer: Viewer, track_uids: list[str]) -> TrackAnswers:
    """The records of the tracks in order. Warm: one Redis round trip, no SQL."""
    keys = [f"limit:tickets:{viewer.user_uid}", *map(record_key, track_uids)]
    try:
        wait, *raw = redis.script(_ASK)(keys=keys, args=[len(track_uids), settings.TICKETS_PER_MINUTE, WINDOW_SECONDS])
    except redis.RedisUnavailable:
        # A limit that can't be counted is not enforced: the API stays up (design §6).
        wait, raw = 0, [None] * len(track_uids)
    if wait:
        return TrackAnswers(wait_seconds=wait, records=[])
    found = [parse_record(value) for value in raw]
    missing = [uid for uid, record in zip(track_uids, found, strict=True) if record is None]
    if missing:
        from_sql = read_from_sql(missing)
        found = [record or from_sql.get(uid) for uid, record in zip(track_uids, found, strict=True)]
    return TrackAnswers(wait_seconds=0, records=found)
