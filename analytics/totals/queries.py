from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db import connection

from analytics.plays.models import PlayPending
from analytics.plays.rules import ACCEPTED_FOR, FULL, STREAM_OVER_MS, first_id_of
from analytics.totals import rules
from analytics.totals.models import RollupProgress


@dataclass(frozen=True)
class Difference:
    """A total that is not what the ledger says. Numbers are (streams, plays); a missing total is (0, 0)."""

    of: Literal["artist", "track"]
    key: int
    total: tuple[int, int]
    ledger: tuple[int, int]


# The bounds on play_id leave the planner the few partitions that a day's plays can be in.
_COMPARE = """
WITH counted AS MATERIALIZED (
    SELECT track_id, artist_ids, presentation = %(full)s AND listened_ms > %(over)s AS is_stream
    FROM analytics_play
    WHERE counted_on = %(day)s AND play_id >= %(first)s AND play_id < %(end)s
), ledger AS (
    SELECT 'track' AS of, track_id AS key, count(*) FILTER (WHERE is_stream) AS streams, count(*) AS plays
    FROM counted GROUP BY track_id
    UNION ALL
    SELECT 'artist', artist_id, count(*) FILTER (WHERE is_stream), count(*)
    FROM counted, unnest(artist_ids) AS artist_id GROUP BY artist_id
), totals AS (
    SELECT 'track' AS of, track_id AS key, streams, plays FROM analytics_trackday WHERE day = %(day)s
    UNION ALL
    SELECT 'artist', artist_id, streams, plays FROM analytics_artistday WHERE day = %(day)s
)
SELECT of, key, coalesce(totals.streams, 0), coalesce(totals.plays, 0),
       coalesce(ledger.streams, 0), coalesce(ledger.plays, 0)
FROM totals FULL JOIN ledger USING (of, key)
WHERE (totals.streams, totals.plays) IS DISTINCT FROM (ledger.streams, ledger.plays)
ORDER BY of, key
"""


def counted_through() -> datetime | None:
    """Every play received before this is in the totals; None before the first rollup."""
    return RollupProgress.objects.values_list("counted_through", flat=True).first()


def is_day_closed(day: date, at: datetime) -> bool:
    """Whether the totals of this UTC day can't change any more."""
    return rules.may_close(day, at) and not PlayPending.objects.filter(counted_on=day).exists()


def differences(day: date) -> list[Difference]:
    """Count one closed UTC day again from the ledger; where its totals say something else. Empty is right."""
    bounds = {"first": first_id_of(day - ACCEPTED_FOR - timedelta(days=1)), "end": first_id_of(day + timedelta(days=2))}
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"day": day, "full": FULL, "over": STREAM_OVER_MS, **bounds})
        return [Difference(of, key, (a, b), (c, d)) for of, key, a, b, c, d in cursor.fetchall()]
