"""Snapshots: a chart of a closed period is made of the ledger once, in every country, in one statement."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from analytics.charts import cache, queries, rules
from analytics.charts.models import ChartDecision
from analytics.charts.rules import CHARTS, Chart
from analytics.plays.rules import ACCEPTED_FOR, FULL, STREAM_OVER_MS, first_id_of
from streaming.lib import clock

CHARTS_LOCK = 0x636861727473
# A week of a large ledger takes longer than a request may.
TIMEOUT = timedelta(minutes=10)

# `chart_eligible` in SQL: what the filters leave is numbered by listener, track (or playlist) and day, and ten of it
# count. The bounds on play_id leave the planner the few partitions that the period's plays can be in.
_PLAYS = """
WITH heard AS (
    SELECT play.listener, {thing} AS thing, play.artist_ids, play.market, play.counted_on, row_number() OVER (
        PARTITION BY play.listener, {thing}, play.counted_on ORDER BY play.play_id) AS number
    FROM analytics_play play
    JOIN catalog_recording recording ON recording.id = play.recording_id AND recording.kind = ANY(%(kinds)s)
    JOIN analytics_listenernumber listener ON listener.number = play.listener
    JOIN accounts_user account ON account.id = listener.user_id
    {played_from}
    WHERE play.counted_on BETWEEN %(since)s AND %(last)s
    AND play.play_id >= %(first_id)s AND play.play_id < %(end_id)s
    AND play.presentation = %(full)s AND play.listened_ms > %(over)s
    AND play.received_at - account.created_at >= %(young)s
    AND NOT EXISTS (
        SELECT FROM catalog_membership team
        WHERE team.user_id = listener.user_id AND team.artist_id = ANY(play.artist_ids))
)"""

_THINGS = {"track": "play.track_id", "artist": "play.track_id", "playlist": "playlist.id"}

# What is not public has no rank: a gap would tell of it.
_PLAYED_FROM = """JOIN catalog_playlist playlist ON play.context_kind = 'playlist' AND playlist.uid = play.context_uid
        AND playlist.visibility = 'public' AND playlist.owner_id IS DISTINCT FROM listener.user_id"""

_ITEMS = {
    "track": "SELECT thing AS item, market, listener, counted_on FROM heard WHERE number <= %(most)s",
    "artist": "SELECT item, market, listener, counted_on FROM heard, unnest(artist_ids) AS item"
    " WHERE number <= %(most)s",
    "playlist": """SELECT thing AS item, market, listener, counted_on FROM heard WHERE number <= %(most)s AND thing IN (
        SELECT playlist_id FROM catalog_playlistentry entry
        JOIN catalog_track track ON track.id = entry.track_id
        JOIN catalog_recordingcredit credit ON credit.recording_id = track.recording_id AND credit.role = 'main'
        WHERE playlist_id IN (SELECT thing FROM heard) GROUP BY playlist_id
        HAVING count(DISTINCT track.id) >= %(fewest_tracks)s
        AND count(DISTINCT credit.artist_id) >= %(fewest_artists)s)""",
}

_SCORES = {
    False: "NULL::numeric AS usual, streams::numeric AS score",
    True: "usual, round((listeners - usual) / sqrt(usual + %(damping)s), 4) AS score",
}

# Rows before the period are there for trending only. Ranks follow from what is published with them: the score is
# rounded before it is compared.
_RANKED = """, counted AS ({items}), sums AS (
    SELECT item, CASE WHEN grouping(market) = 1 THEN '' ELSE market END AS country,
           count(*) FILTER (WHERE counted_on >= %(first)s) AS streams,
           count(DISTINCT listener) FILTER (WHERE counted_on >= %(first)s) AS listeners,
           round(count(DISTINCT (listener, counted_on)) FILTER (WHERE counted_on < %(first)s)
                 / %(usual_days)s::numeric, 2) AS usual
    FROM counted GROUP BY GROUPING SETS ((item), (item, market))
    HAVING grouping(market) = 1 OR market ~ '^[A-Z]{{2}}$'
), scored AS (
    SELECT item, country, streams, listeners, {scores} FROM sums
), ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY country ORDER BY score DESC, listeners DESC, streams DESC, item) AS rank
    FROM scored WHERE score > 0 AND (country = '' OR listeners >= %(fewest)s)
), published AS (
    SELECT * FROM ranked WHERE rank <= %(rows)s
)"""

_KEEP = """, snapshots AS (
    INSERT INTO analytics_chartsnapshot (chart, country, first, last, formula, made_at)
    SELECT %(chart)s, country, %(first)s, %(last)s, %(formula)s, %(made_at)s
    FROM (SELECT '' AS country UNION SELECT country FROM published) AS countries ORDER BY country
    RETURNING id, country
)
INSERT INTO analytics_chartrow (
    snapshot_id, chart, country, last, item_id, rank, streams, listeners, usual_listeners, score,
    previous, peak, periods)
SELECT snapshots.id, %(chart)s, country, %(last)s, item, published.rank, streams, listeners, usual, score,
       CASE WHEN earlier.last = %(before)s THEN earlier.rank END,
       least(earlier.peak, published.rank), coalesce(earlier.periods, 0) + 1
FROM published JOIN snapshots USING (country) LEFT JOIN LATERAL (
    SELECT last, rank, peak, periods FROM analytics_chartrow old
    WHERE old.chart = %(chart)s AND old.country = published.country AND old.item_id = published.item
    ORDER BY old.last DESC LIMIT 1
) AS earlier ON true
ORDER BY country, published.rank
"""


def make_due() -> int:
    """Make the snapshots that are due, in order; returns how many periods.

    Each is a transaction of its own: killed in the middle it leaves nothing, and the next run makes it. Late or twice
    makes the same, since closed days do not change; what another worker is making is left to it.
    """
    made = 0
    for chart in CHARTS:
        while _make_next(chart):
            made += 1
    return made


def _make_next(chart: Chart) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [CHARTS_LOCK])
        if cursor.fetchone() != (True,):
            return False
        # Asked under the lock: what another worker made a moment ago is seen.
        before = queries.made_through(chart)
        last = queries.next_due(chart, after=before, at=clock.now())
        if last is None:
            return False
        _make(chart, last, before=before)
        transaction.on_commit(cache.forget_newest)
    return True


def _make(chart: Chart, last: date, *, before: date | None) -> None:
    first = chart.first_of(last)
    since = first - timedelta(days=rules.USUAL_DAYS) if chart.is_trending else first
    values: dict[str, Any] = {
        "chart": chart.name, "kinds": list(chart.kinds), "first": first, "last": last, "since": since,
        "before": before, "first_id": first_id_of(since - ACCEPTED_FOR - timedelta(days=1)),
        "end_id": first_id_of(last + timedelta(days=2)),
        "full": FULL, "over": STREAM_OVER_MS, "young": rules.YOUNG, "most": rules.MOST_PLAYS,
        "usual_days": rules.USUAL_DAYS, "damping": rules.DAMPING, "fewest": rules.FEWEST_IN_A_COUNTRY,
        "fewest_tracks": rules.FEWEST_TRACKS, "fewest_artists": rules.FEWEST_ARTISTS,
        "rows": rules.ROWS, "formula": rules.FORMULA, "made_at": clock.now(),
    }  # fmt: skip
    plays = _PLAYS.format(thing=_THINGS[chart.of], played_from=_PLAYED_FROM if chart.of == "playlist" else "")
    ranked = _RANKED.format(items=_ITEMS[chart.of], scores=_SCORES[chart.is_trending])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [TIMEOUT // timedelta(milliseconds=1)])
        cursor.execute(plays + ranked + _KEEP, values)


def decide(
    *, chart: str, track_id: int | None, artist_id: int | None, playlist_id: int | None, verb: str, reason: str,
    actor_uid: uuid.UUID,
) -> ChartDecision:  # fmt: skip
    """Hide one thing from a chart, or show it again. It holds at once: reads ask for the newest decision."""
    return ChartDecision.objects.create(
        chart=chart, track_id=track_id, artist_id=artist_id, playlist_id=playlist_id, verb=verb, reason=reason,
        actor_uid=actor_uid,
    )  # fmt: skip
