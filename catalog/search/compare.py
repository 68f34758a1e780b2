"""Whether the index holds what PostgreSQL says, by ids and versions, and what makes it so again."""

from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Greatest
from elasticsearch import helpers

from catalog.search import elastic
from catalog.search.documents import alias, id_of
from catalog.search.indexing import INDEXING_LOCK
from catalog.search.models import IndexRow, SearchDocument

PAGE = 5_000


@dataclass
class Differences:
    """Rows whose document is missing, another version, or there and should not be, with the version that the index has;
    and documents that no row knows."""

    rows: list[tuple[IndexRow, int]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.unknown)


def compare() -> Differences:
    """Of what does not wait: that is on its way. Nothing is indexed meanwhile."""
    with transaction.atomic():
        lock_indexing()
        settled = IndexRow.objects.filter(version=F("stored_version"), stored_version=F("indexed_version"))
        waiting = IndexRow.objects.exclude(version=F("stored_version"), stored_version=F("indexed_version"))
        known = {id_of(kind, key) for kind, key in waiting.values_list("kind", "key").iterator(PAGE)}
        differences = differences_of(settled, index=alias())
        differences.unknown = [name for name in differences.unknown if name not in known]
    return differences


def lock_indexing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INDEXING_LOCK])


def differences_of(rows: QuerySet[IndexRow], *, index: str) -> Differences:
    there = versions_in(index)
    found = Differences()
    document = SearchDocument.objects.filter(row_kind=OuterRef("kind"), key=OuterRef("key"))
    for row in rows.annotate(has_document=Exists(document)).iterator(PAGE):
        version = there.pop(id_of(row.kind, row.key), 0)
        if version != (row.stored_version if row.has_document else 0):
            found.rows.append((row, version))
    found.unknown = sorted(there)
    return found


def versions_in(index: str) -> dict[str, int]:
    client = elastic.writer()
    client.indices.refresh(index=index)
    query: dict[str, Any] = {"query": {"match_all": {}}, "version": True, "_source": False}
    return {hit["_id"]: hit["_version"] for hit in helpers.scan(client, index=index, query=query, size=PAGE)}


def repair(differences: Differences) -> None:
    """What differs waits again, above the version that the index has: after a restored database that may be higher."""
    for row, version in differences.rows:
        IndexRow.objects.filter(pk=row.pk).update(version=Greatest(F("version"), version) + 1)
    if differences.unknown:
        operations = [{"delete": {"_index": alias(), "_id": name}} for name in differences.unknown]
        elastic.writer().bulk(operations=operations, require_alias=True)
