"""The rollup: what is pending becomes totals, exactly once, by deleting and adding in one transaction."""

from django.db import connection, transaction

from analytics.totals import rules
from streaming.lib import clock

ROLLUP_LOCK = 0x726F6C6C7570
BATCH = 5_000
MOST_BATCHES = 400

# One statement takes the rows and adds them up. The upserts are sorted, so that no two writers of totals can deadlock.
_COUNT = """
WITH taken AS (
    DELETE FROM analytics_play_pending
    WHERE play_id IN (SELECT play_id FROM analytics_play_pending ORDER BY play_id LIMIT %s)
    RETURNING track_id, artist_ids, counted_on, is_stream
), tracks AS (
    INSERT INTO analytics_trackday AS total (track_id, day, streams, plays)
    SELECT track_id, counted_on, count(*) FILTER (WHERE is_stream), count(*)
    FROM taken GROUP BY track_id, counted_on ORDER BY track_id, counted_on
    ON CONFLICT (track_id, day) DO UPDATE
    SET streams = total.streams + excluded.streams, plays = total.plays + excluded.plays
), artists AS (
    INSERT INTO analytics_artistday AS total (artist_id, day, streams, plays)
    SELECT artist_id, counted_on, count(*) FILTER (WHERE is_stream), count(*)
    FROM taken, unnest(artist_ids) AS artist_id GROUP BY artist_id, counted_on ORDER BY artist_id, counted_on
    ON CONFLICT (artist_id, day) DO UPDATE
    SET streams = total.streams + excluded.streams, plays = total.plays + excluded.plays
)
SELECT count(*) FROM taken
"""

# Never backwards, whatever the clocks of two workers say.
_NOTE_PROGRESS = """
INSERT INTO analytics_rollupprogress AS progress (id, counted_through) VALUES (1, %s)
ON CONFLICT (id) DO UPDATE SET counted_through = greatest(progress.counted_through, excluded.counted_through)
"""


def roll_up(*, batch: int = BATCH, most_batches: int = MOST_BATCHES) -> int:
    """Move pending plays into the totals until none is left, another rollup runs, or the bound is met.

    Returns how many. Each batch is a transaction of its own: a crash undoes one batch, and the next run takes it up.
    """
    counted = 0
    for _ in range(most_batches):
        taken = _roll_up_batch(batch)
        counted += taken or 0
        if taken is None or taken < batch:
            break
    return counted


def _roll_up_batch(batch: int) -> int | None:
    """How many plays were moved; None when another rollup holds the lock."""
    at = clock.now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ROLLUP_LOCK])
        if cursor.fetchone() != (True,):
            return None
        cursor.execute(_COUNT, [batch])
        taken: int = cursor.fetchone()[0]
        if taken < batch:
            cursor.execute(_NOTE_PROGRESS, [rules.complete_before(at)])
    return taken
