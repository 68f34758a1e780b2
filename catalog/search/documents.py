"""The documents of Elasticsearch: what `SearchDocument` holds, in fields that core alone can index. Names and words are
in the spelling of `normalise`, so no analyser has to fold anything: words are cut at spaces, their beginnings kept.

The library's signal processors are not used: they hear nothing of bulk writes and ask within the writer's transaction.
"""

import hashlib
import json
from functools import cache
from typing import Any

from django_elasticsearch_dsl import Document, fields
from django_elasticsearch_dsl.registries import registry
from elasticsearch.dsl import analyzer, token_filter

from catalog.search.models import SearchDocument
from catalog.search.normalise import LONGEST_WORD
from catalog.search.rules import streams_of

PREFIX = "search"

_BEGINNINGS = token_filter("beginnings", "edge_ngram", min_gram=1, max_gram=LONGEST_WORD)
_WORDS = analyzer("words", tokenizer="whitespace")
_PREFIXES = analyzer("prefixes", tokenizer="whitespace", filter=[_BEGINNINGS])


def _words() -> fields.TextField:
    edge = fields.TextField(analyzer=_PREFIXES, search_analyzer=_WORDS, index_options="docs", norms=False)
    return fields.TextField(analyzer=_WORDS, index_options="docs", norms=False, fields={"edge": edge})


@registry.register_document
class MusicDocument(Document):  # type: ignore[misc]  # the library has no types
    kind = fields.KeywordField()
    uid = fields.KeywordField(index=False)
    name = fields.KeywordField()
    names = fields.KeywordField()
    accent_names = fields.KeywordField()
    name_words = _words()
    all_words = _words()
    genres = fields.KeywordField()
    year = fields.ShortField()
    explicit = fields.BooleanField()
    popularity = fields.LongField()
    length = fields.ShortField()
    key = fields.LongField()

    class Index:
        name = PREFIX
        settings = {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "refresh_interval": "1s",
        }

    class Django:
        model = SearchDocument

    def prepare_uid(self, document: SearchDocument) -> str:
        return str(document.uid)

    def prepare_name_words(self, document: SearchDocument) -> str:
        return " ".join(document.name_words)

    def prepare_all_words(self, document: SearchDocument) -> str:
        return " ".join(document.all_words)

    def prepare_popularity(self, document: SearchDocument) -> int:
        return streams_of(document.popularity)

    def prepare_length(self, document: SearchDocument) -> int:
        return len(document.name)


def id_of(row_kind: str, key: int) -> str:
    return f"{row_kind}-{key}"


def source_of(document: SearchDocument) -> dict[str, Any]:
    prepared: dict[str, Any] = MusicDocument().prepare(document)
    return prepared


@cache
def definition() -> dict[str, Any]:
    """Settings and mapping. Unknown fields are refused, so that none is guessed."""
    body: dict[str, Any] = MusicDocument._index.to_dict()  # noqa: SLF001  documented
    return {"settings": body["settings"], "mappings": {**body["mappings"], "dynamic": "strict"}}


@cache
def alias() -> str:
    """Named after the definition: an index of another release is not there for this one, and PostgreSQL answers until
    it is rebuilt."""
    digest = hashlib.sha256(json.dumps(definition(), sort_keys=True).encode()).hexdigest()
    return f"{PREFIX}-{digest[:8]}"
