"""Search in Elasticsearch. It has half a second; a failure keeps this process from asking for a few seconds, and
PostgreSQL answers in the same request."""

import logging
import threading
import time
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from elasticsearch import ApiError, Elasticsearch, TransportError

from catalog.search import rules
from catalog.search.documents import alias
from catalog.search.models import Kind
from catalog.search.rules import Asked, Hit, Query

log = logging.getLogger(__name__)

NAME = "elasticsearch"
SEARCH_SECONDS = 0.5
WRITE_SECONDS = 30
OPEN_SECONDS = 5

# What the client raises: no connection, no answer in time, an error status.
Trouble = (ApiError, TransportError)


class UnavailableError(Exception):
    """Elasticsearch gave no answer that can be used."""


class _Breaker:
    """Open for a few seconds after a failure; then one caller tries, and the others go on without."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open_until = 0.0

    def allows(self) -> bool:
        if not self._open_until:
            return True
        with self._lock:
            if time.monotonic() < self._open_until:
                return False
            self.open()
        return True

    def open(self) -> None:
        self._open_until = time.monotonic() + OPEN_SECONDS

    def close(self) -> None:
        self._open_until = 0.0


breaker = _Breaker()


def client() -> Elasticsearch:
    return _client(settings.ELASTICSEARCH_URL)


@cache
def _client(url: str) -> Elasticsearch:
    """One for each process and address. A retry would only make a listener wait twice."""
    return Elasticsearch(url, request_timeout=SEARCH_SECONDS, max_retries=0, retry_on_timeout=False)


def writer() -> Elasticsearch:
    """For the worker, who has the time."""
    return client().options(request_timeout=WRITE_SECONDS)


def find(asked: Asked) -> dict[Kind, list[Hit]]:
    """What is found of each kind, best first. Raises UnavailableError."""
    if not breaker.allows():
        raise UnavailableError("Elasticsearch did not answer a moment ago")
    try:
        answers = client().msearch(searches=_searches(asked), max_concurrent_searches=len(asked.kinds))
        found = {kind: _hits(kind, answer) for kind, answer in zip(asked.kinds, answers.body["responses"], strict=True)}
    except (*Trouble, UnavailableError) as error:
        breaker.open()
        raise UnavailableError(str(error)) from error
    breaker.close()
    return found


def _hits(kind: Kind, answer: Any) -> list[Hit]:
    if "error" in answer or answer["timed_out"] or answer["_shards"]["failed"]:
        raise UnavailableError(str(answer.get("error", "a shard did not answer")))
    return [Hit(kind, UUID(hit["_source"]["uid"]), hit["_score"]) for hit in answer["hits"]["hits"]]


def _searches(asked: Asked) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for kind in asked.kinds:
        lines += [{"index": alias()}, _search(asked, kind)]
    return lines


def _search(asked: Asked, kind: Kind) -> dict[str, Any]:
    filters = asked.filters
    terms = {"kind": kind.value, "genres": filters.genre, "year": filters.year, "explicit": filters.explicit}
    narrowed = [{"term": {field: value}} for field, value in terms.items() if value is not None]
    matched = {
        "bool": {
            "filter": [*narrowed, _mistyped(asked.query) if asked.typos else _found(asked.query)],
            "should": _worth_mistyped(asked.query) if asked.typos else _worth(asked.query),
        }
    }
    popularity = {
        "field_value_factor": {"field": "popularity", "modifier": "ln1p", "missing": 0},
        "weight": rules.POPULARITY,
    }
    return {
        "query": {
            "function_score": {
                "query": matched,
                "functions": [{"weight": 1}, popularity],
                "score_mode": "sum",
                "boost_mode": "multiply",
            }
        },
        "from": asked.start,
        "size": asked.stop - asked.start,
        # Names of equal worth: the shorter first, as in PostgreSQL. An index with another mapping fails here.
        "sort": ["_score", {"length": "asc"}, {"key": "asc"}],
        "_source": ["uid"],
        "track_scores": True,
        "track_total_hits": False,
    }


def _found(query: Query) -> dict[str, Any]:
    """The same as PostgreSQL's: all words begin so, or a name is it."""
    it = {"term": {"names": query.name[:200]}}
    begins = {"prefix": {"name": query.name[:200]}} if query.is_short else _all_words("all_words.edge", query)
    return {"bool": {"should": [it, begins], "minimum_should_match": 1}}


def _worth(query: Query) -> list[dict[str, Any]]:
    names = [
        _worth_of(rules.IS_IT, {"term": {"names": query.name[:200]}}),
        _worth_of(rules.IS_IT_WITH_ACCENTS, {"term": {"accent_names": query.accent_name[:200]}}),
        _worth_of(rules.BEGINS, {"prefix": {"name": query.name[:200]}}),
    ]
    if query.is_short:
        return names
    return [
        *names,
        _worth_of(rules.WORDS_IN_NAME, _all_words("name_words", query)),
        _worth_of(rules.PREFIXES_IN_NAME, _all_words("name_words.edge", query)),
        _worth_of(rules.WORDS, _all_words("all_words", query)),
        _worth_of(rules.PREFIXES, _all_words("all_words.edge", query)),
    ]


def _mistyped(query: Query) -> dict[str, Any]:
    return {"bool": {"must": [_near("all_words", word) for word in query.words]}}


def _worth_mistyped(query: Query) -> list[dict[str, Any]]:
    return [
        _worth_of(rules.ALMOST_IT, {"fuzzy": {"name": {"value": query.name[:200], "fuzziness": 2}}}),
        _worth_of(rules.ALMOST_IN_NAME, {"bool": {"must": [_near("name_words", word) for word in query.words]}}),
        _worth_of(rules.PREFIXES, {"match_all": {}}),
    ]


def _near(field: str, word: str) -> dict[str, Any]:
    begins, near = {"term": {f"{field}.edge": word}}, {"fuzzy": {field: {"value": word, "fuzziness": "AUTO"}}}
    return {"bool": {"should": [begins, near], "minimum_should_match": 1}}


def _all_words(field: str, query: Query) -> dict[str, Any]:
    return {"match": {field: {"query": " ".join(query.words), "operator": "and"}}}


def _worth_of(worth: float, clause: dict[str, Any]) -> dict[str, Any]:
    return {"constant_score": {"filter": clause, "boost": worth}}
