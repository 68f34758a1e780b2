"""What the worker does for search."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import connection

from catalog.search import backlog, compare, elastic, indexing, rebuild
from catalog.search.models import Kind
from catalog.search.rules import bucket_of

log = logging.getLogger(__name__)

# A row that a writer holds has its turn the next night.
_WEIGH = """
WITH given AS (SELECT * FROM unnest(%(keys)s::bigint[], %(buckets)s::int[]) AS row(key, bucket)), free AS (
    SELECT held.id, given.bucket FROM catalog_indexrow AS held JOIN given USING (key)
    WHERE held.kind = %(kind)s AND held.popularity <> given.bucket
    ORDER BY held.id FOR NO KEY UPDATE OF held SKIP LOCKED
)
UPDATE catalog_indexrow AS held SET popularity = free.bucket, version = version + 1,
    changed_at = CASE WHEN stored_version = version THEN clock_timestamp() ELSE changed_at END
FROM free WHERE held.id = free.id
"""


def work_off_backlog() -> None:
    """Store what waits, and send it to Elasticsearch where there is one; without its index, make it."""
    backlog.store_waiting()
    if not settings.ELASTICSEARCH_URL:
        return
    try:
        if rebuild.has_index():
            indexing.index_waiting()
        else:
            rebuild.rebuild()
    except elastic.Trouble as error:
        log.warning("the index backlog waits for Elasticsearch", extra={"reason": str(error)[:200]})
    except rebuild.AlreadyRebuildingError:
        log.info("the search index is being rebuilt")


def repair_index() -> int:
    """Compare, and let what differs wait again; how many differed."""
    if not settings.ELASTICSEARCH_URL:
        return 0
    found = compare.compare()
    compare.repair(found)
    if found.count:
        log.error("the search index differed from the database", extra={"count": found.count})
    return found.count


def note_streams(*, kind: Kind, streams: Sequence[tuple[int, int]]) -> int:
    """Popularity by total streams; how many documents wait because theirs has doubled."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WEIGH,
            {
                "kind": kind.value,
                "keys": [key for key, _ in streams],
                "buckets": [bucket_of(total) for _, total in streams],
            },
        )
        return int(cursor.rowcount)
