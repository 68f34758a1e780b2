"""Works the index backlog off. What waits is read anew from the database and stored for PostgreSQL's own search, under
the row's lock; from there it goes to Elasticsearch (`elastic.py`), without any lock.

The lock keeps nobody waiting but writers of the same document, for one short transaction: a row that a writer holds is
left for the next round, so the worker waits for nobody, and no two can wait for each other.
"""

from collections.abc import Iterable, Sequence

from django.db import connection, transaction
from django.db.models import F

from catalog.search.contents import documents_of
from catalog.search.models import UNSTORED, IndexRow, Kind, SearchDocument, SearchWord

BATCH = 500
MOST_BATCHES = 40
STORING_LOCK = 0x736561726368

_CONTENT = (
    "kind", "uid", "name", "names", "accent_names", "name_words", "all_words", "genres", "year", "explicit",
    "popularity",
)  # fmt: skip

# What shows the names of the changed artists and releases waits as well. One that a writer holds is raised by that
# writer, but it may still roll back: the answer says whether all were reached.
_FAN_OUT = """
WITH due AS (
    SELECT 'track' AS kind, track.id AS key FROM catalog_recordingcredit AS credit
    JOIN catalog_track AS track USING (recording_id) WHERE credit.artist_id = ANY(%(artists)s)
    UNION SELECT 'release', release_id FROM catalog_releasecredit WHERE artist_id = ANY(%(artists)s)
    UNION SELECT 'track', id FROM catalog_track WHERE release_id = ANY(%(releases)s)
), free AS (
    SELECT held.id FROM catalog_indexrow AS held JOIN due USING (kind, key)
    ORDER BY held.id FOR NO KEY UPDATE OF held SKIP LOCKED
), raised AS (
    UPDATE catalog_indexrow AS held SET version = version + 1,
        changed_at = CASE WHEN stored_version = version THEN clock_timestamp() ELSE changed_at END
    FROM free WHERE held.id = free.id RETURNING held.id
)
SELECT (SELECT count(*) FROM raised) = (SELECT count(*) FROM due)
"""


def store_waiting(*, batch: int = BATCH, most_batches: int = MOST_BATCHES) -> int:
    """Store what waits until nothing does, another worker stores, or the bound is met; how many were stored."""
    stored = 0
    for _ in range(most_batches):
        done = _store_batch(batch)
        stored += done
        if not done:
            break
    return stored


def _store_batch(size: int) -> int:
    with transaction.atomic():
        if not _is_alone():
            return 0
        waiting = IndexRow.objects.filter(UNSTORED).order_by("changed_at", "pk")
        rows = list(waiting.select_for_update(skip_locked=True)[:size])
        _store(rows)
        reached = _fan_out([row for row in rows if row.fans_out])
        done = [row.pk for row in rows if reached or not row.fans_out]
        IndexRow.objects.filter(pk__in=done).update(stored_version=F("version"), fans_out=False)
    return len(done)


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [STORING_LOCK])
        alone: bool = cursor.fetchone()[0]
    return alone


def _store(rows: Sequence[IndexRow]) -> None:
    made = documents_of(rows)
    for kind in {row.kind for row in rows}:
        gone = [row.key for row in rows if row.kind == kind and row.pk not in made]
        SearchDocument.objects.filter(row_kind=kind, key__in=gone).delete()
    SearchDocument.objects.bulk_create(
        made.values(), update_conflicts=True, unique_fields=["row_kind", "key"], update_fields=_CONTENT
    )
    # Words of playlists are their owners': nothing of them is kept beside the document.
    known = [document for document in made.values() if document.kind != Kind.PLAYLIST]
    _learn(word for document in known for word in document.all_words)


def _learn(words: Iterable[str]) -> None:
    SearchWord.objects.bulk_create((SearchWord(word=word) for word in sorted(set(words))), ignore_conflicts=True)


def _fan_out(rows: Sequence[IndexRow]) -> bool:
    """Whether everything that shows these names was reached."""
    if not rows:
        return True
    keys = {f"{kind}s": [row.key for row in rows if row.kind == kind] for kind in ("artist", "release")}
    with connection.cursor() as cursor:
        cursor.execute(_FAN_OUT, keys)
        reached: bool = cursor.fetchone()[0]
    return reached
