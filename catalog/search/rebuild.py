"""A new index behind the alias, with no gap: it is filled beside the old one, gets what changed meanwhile while
indexing holds still, and takes the alias over in one step. A run that was killed leaves an index that the next removes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from catalog.search import elastic
from catalog.search.compare import differences_of, lock_indexing
from catalog.search.documents import PREFIX, alias, definition
from catalog.search.indexing import documents_for, note, send
from catalog.search.models import UNINDEXED, IndexRow
from streaming.lib import clock

CHUNK = 2_000
REBUILD_LOCK = 0x72656275696C64

Progress = Callable[[int, int], None]


class AlreadyRebuildingError(Exception):
    """Another process rebuilds just now."""


def has_index() -> bool:
    return bool(elastic.writer().indices.exists_alias(name=alias()))


def say_nothing(done: int, total: int) -> None:
    pass


def rebuild(*, progress: Progress = say_nothing, others: bool = False) -> str:
    """Build the index anew; its name. With `others`, those of other definitions are removed as well.

    Raises AlreadyRebuildingError, and what the client raises.
    """
    with _alone():
        _remove_leftovers()
        name = f"{alias()}-{clock.now_ms()}"
        elastic.writer().indices.create(index=name, **definition())
        _fill(name, progress)
        _take_over(name)
        if others:
            _remove_leftovers(f"{PREFIX}-*", but=name)
    return name


@contextmanager
def _alone() -> Iterator[None]:
    """Held by the connection: it goes with the process."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [REBUILD_LOCK])
        if cursor.fetchone() != (True,):
            raise AlreadyRebuildingError
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [REBUILD_LOCK])


def _fill(name: str, progress: Progress) -> None:
    stored = IndexRow.objects.filter(stored_version__gt=0)
    total, done, last = stored.count(), 0, 0
    progress(0, total)
    while rows := list(stored.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        documents = documents_for(rows)
        send([row for row in rows if (row.kind, row.key) in documents], to=name)
        last, done = rows[-1].pk, done + len(rows)
        progress(min(done, total), total)


def _take_over(name: str) -> None:
    """What the old index got meanwhile is sent to the new one, too; what is stored from here on waits for the swap."""
    with transaction.atomic():
        lock_indexing()
        late = differences_of(IndexRow.objects.filter(stored_version__gt=0), index=name)
        sent = [row for row, _ in late.rows]
        for start in range(0, len(sent), CHUNK):
            send(sent[start : start + CHUNK], to=name)
        waiting = list(IndexRow.objects.filter(UNINDEXED))
        elastic.writer().indices.refresh(index=name)
        _swap(name)
        # Those that were stored after the comparison are sent once more than needed, or for the first time.
        compared = {row.pk: row for row in sent}
        note([row for row in waiting if _is_sent(row, compared)])


def _is_sent(row: IndexRow, late: dict[int, IndexRow]) -> bool:
    return row.pk not in late or late[row.pk].stored_version == row.stored_version


def _swap(name: str) -> None:
    indices = elastic.writer().indices
    old = [held for held in indices.get(index=f"{alias()}*", expand_wildcards="all").body if held != name]
    actions = [{"remove_index": {"index": held}} for held in old]
    indices.update_aliases(actions=[{"add": {"index": name, "alias": alias()}}, *actions])


def _remove_leftovers(pattern: str | None = None, *, but: str = "") -> None:
    """Indexes without our alias: of a rebuild that was killed, or of another definition."""
    found = elastic.writer().indices.get_alias(index=pattern or f"{alias()}-*").body
    for name, held in found.items():
        if name != but and alias() not in held["aliases"]:
            elastic.writer().indices.delete(index=name, ignore_unavailable=True)
