"""Which engine answers. Engines say what is where in the order, and nothing else: what a viewer sees of it is decided
by `queries.py`."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings

from catalog.search import elastic, postgres
from catalog.search.models import UNINDEXED, IndexRow, Kind
from catalog.search.rules import Asked, Hit
from streaming.lib import clock

log = logging.getLogger(__name__)

# An index that has missed changes for longer is not asked: it can't be written to, or it is being filled.
MOST_BEHIND = timedelta(seconds=60)
LOOK_SECONDS = 5


@dataclass(frozen=True)
class Answer:
    engine: str
    hits: dict[Kind, list[Hit]]


class _Freshness:
    """Whether the index keeps up, looked at every few seconds in each process."""

    def __init__(self) -> None:
        self._looked_at = -float(LOOK_SECONDS)
        self._is_fresh = False

    def holds(self) -> bool:
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            behind = IndexRow.objects.filter(UNINDEXED, changed_at__lt=clock.now() - MOST_BEHIND)
            self._is_fresh, self._looked_at = not behind.exists(), time.monotonic()
        return self._is_fresh

    def forget(self) -> None:
        self._looked_at = -float(LOOK_SECONDS)


freshness = _Freshness()


def find(asked: Asked) -> Answer:
    """Elasticsearch's answer, where there is one and it keeps up; else PostgreSQL's."""
    if settings.ELASTICSEARCH_URL and freshness.holds():
        try:
            return Answer(elastic.NAME, elastic.find(asked))
        except elastic.UnavailableError as error:
            log.warning("Elasticsearch does not answer; PostgreSQL does", extra={"reason": str(error)[:200]})
    return Answer(postgres.NAME, postgres.find(asked))
