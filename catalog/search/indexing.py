"""Elasticsearch follows PostgreSQL: what was stored is sent with its version, and an older one is refused there. No row
is locked meanwhile, only the indexing itself; a crash between sending and noting sends once more."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from catalog.search import elastic
from catalog.search.documents import alias, id_of, source_of
from catalog.search.models import UNINDEXED, IndexRow, SearchDocument

log = logging.getLogger(__name__)

BATCH = 1_000
MOST_BATCHES = 20
INDEXING_LOCK = 0x696E646578
# A conflict is a newer version that is there already; a document that is not there need not be deleted.
FINE = frozenset({200, 201, 404, 409})

# A row that a writer holds is noted the next time: nobody waits for the worker while it waits for somebody.
_NOTE = """
WITH sent AS (SELECT * FROM unnest(%(keys)s::bigint[], %(versions)s::bigint[]) AS row(id, version)), free AS (
    SELECT held.id, sent.version FROM catalog_indexrow AS held JOIN sent USING (id)
    ORDER BY held.id FOR NO KEY UPDATE OF held SKIP LOCKED
)
UPDATE catalog_indexrow AS held SET indexed_version = greatest(held.indexed_version, free.version)
FROM free WHERE held.id = free.id
"""


def index_waiting(*, batch: int = BATCH, most_batches: int = MOST_BATCHES) -> int:
    """Send what is stored and not yet indexed; how many were noted. Raises what the client raises."""
    noted = 0
    for _ in range(most_batches):
        done = _index_batch(batch)
        noted += done
        if done < batch:
            break
    return noted


def _index_batch(size: int) -> int:
    with indexing_alone() as alone:
        if not alone:
            return 0
        rows = list(IndexRow.objects.filter(UNINDEXED).order_by("changed_at", "pk")[:size])
        done = send(rows, to=alias(), is_alias=True)
        note(done)
    return len(done)


@contextmanager
def indexing_alone() -> Iterator[bool]:
    """A transaction in which nobody else sends; False when somebody does."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [INDEXING_LOCK])
            alone: bool = cursor.fetchone()[0]
        yield alone


def send(rows: Sequence[IndexRow], *, to: str, is_alias: bool = False) -> list[IndexRow]:
    """Write the documents of these rows, under their stored versions; the rows that are well there."""
    if not rows:
        return []
    documents = documents_for(rows)
    operations: list[Any] = []
    for row in rows:
        document = documents.get((row.kind, row.key))
        address = {
            "_index": to,
            "_id": id_of(row.kind, row.key),
            "version": row.stored_version,
            "version_type": "external",
        }
        operations += [{"index": address}, source_of(document)] if document else [{"delete": address}]
    # An alias that is not there must not become an index with a guessed mapping.
    answer = elastic.writer().bulk(operations=operations, require_alias=is_alias)
    statuses = [next(iter(item.values())) for item in answer.body["items"]]
    failed = [status for status in statuses if status["status"] not in FINE or _lacks_index(status)]
    if failed:
        log.error("Elasticsearch refused documents", extra={"count": len(failed), "first": str(failed[0])[:500]})
    refused = {status["_id"] for status in failed}
    return [row for row in rows if id_of(row.kind, row.key) not in refused]


def _lacks_index(status: Any) -> bool:
    return bool(status.get("error", {}).get("type") == "index_not_found_exception")


def documents_for(rows: Iterable[IndexRow]) -> dict[tuple[str, int], SearchDocument]:
    keys: dict[str, list[int]] = {}
    for row in rows:
        keys.setdefault(row.kind, []).append(row.key)
    return {
        (document.row_kind, document.key): document
        for kind, wanted in keys.items()
        for document in SearchDocument.objects.filter(row_kind=kind, key__in=wanted)
    }


def note(rows: Sequence[IndexRow]) -> None:
    """What was sent, not what is there by now: a version stored meanwhile is sent again."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"keys": [row.pk for row in rows], "versions": [row.stored_version for row in rows]})
