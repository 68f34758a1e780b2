"""Search in PostgreSQL: where no Elasticsearch is configured, and where it does not answer."""

from typing import Any

from django.db import connection, transaction

from catalog.search import rules
from catalog.search.models import Kind
from catalog.search.rules import Asked, Hit, is_near

NAME = "postgresql"
TIMEOUT_MS = 300
ALTERNATIVES = 6

# Spellings that a letter or two is wrong in: those with the same first letter, and by trigrams those with another.
_NEAR = """
SELECT word FROM catalog_searchword
WHERE word LIKE %(first)s AND length(word) BETWEEN %(length)s - 2 AND %(length)s + 2
    AND levenshtein_less_equal(word, %(word)s, 2) <= 2
UNION
SELECT word FROM catalog_searchword WHERE word %% %(word)s
"""

# Our own numbers and clauses; what was typed is a parameter.
_FIND = f"""
SELECT kind, uid, score FROM (
    SELECT kind, uid, score, row_number() OVER (PARTITION BY kind ORDER BY score DESC, length(name), key) AS place
    FROM (
        SELECT key, kind, uid, name, (1 + {rules.POPULARITY} * ln(2) * popularity) * ({{worth}}) AS score
        FROM catalog_searchdocument
        WHERE kind = ANY(%(kinds)s) AND ({{found}})
            AND (%(genre)s::text IS NULL OR %(genre)s = ANY(genres))
            AND (%(year)s::int IS NULL OR year = %(year)s)
            AND (%(explicit)s::boolean IS NULL OR explicit = %(explicit)s)
    ) AS weighed
) AS placed WHERE place > %(start)s AND place <= %(stop)s ORDER BY kind, place
"""  # noqa: S608  see above
# All that a letter or two are weighed by: so many names begin so that the words of each would take too long.
_WORTH_SHORT = f"""
{rules.IS_IT} * (names && %(name)s)::int + {rules.IS_IT_WITH_ACCENTS} * (accent_names && %(accent_name)s)::int
+ {rules.BEGINS} * (name LIKE %(begins)s)::int
"""
_WORTH = f"""
{_WORTH_SHORT} + {rules.WORDS_IN_NAME} * (name_words @> %(words)s)::int + {rules.WORDS} * (all_words @> %(words)s)::int
+ {rules.PREFIXES_IN_NAME} * (name_vector @@ %(prefixes)s::tsquery)::int
+ {rules.PREFIXES} * (all_vector @@ %(prefixes)s::tsquery)::int
"""
_WORTH_MISTYPED = f"""
{rules.ALMOST_IT} * (levenshtein_less_equal(left(name, 200), %(text_name)s, 2) <= 2)::int
+ {rules.ALMOST_IN_NAME} * (name_vector @@ %(prefixes)s::tsquery)::int
+ {rules.PREFIXES}
"""
_FOUND = "all_vector @@ %(prefixes)s::tsquery OR names && %(name)s"
_FOUND_SHORT = "name LIKE %(begins)s OR names && %(name)s"


def find(asked: Asked) -> dict[Kind, list[Hit]]:
    """What is found of each kind, best first. Raises OperationalError, a 503, when it takes too long."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [TIMEOUT_MS])
        found = _ask(cursor, asked)
        # Nothing was written; whoever is in a transaction around this one gets its own timeout back.
        transaction.set_rollback(True)
    return found


def _ask(cursor: Any, asked: Asked) -> dict[Kind, list[Hit]]:
    query = asked.query
    words = _spellings(cursor, query.words) if asked.typos else [[word] for word in query.words]
    found, worth = (_FOUND_SHORT, _WORTH_SHORT) if query.is_short else (_FOUND, _WORTH)
    worth = _WORTH_MISTYPED if asked.typos else worth
    cursor.execute(
        _FIND.format(worth=worth, found=found),
        {
            "kinds": [kind.value for kind in asked.kinds],
            "name": [query.name[:200]],
            "text_name": query.name[:200],
            "accent_name": [query.accent_name[:200]],
            "begins": _like(query.name[:200]),
            "words": list(query.words),
            "prefixes": " & ".join(_either(spellings) for spellings in words),
            "genre": asked.filters.genre,
            "year": asked.filters.year,
            "explicit": asked.filters.explicit,
            "start": asked.start,
            "stop": asked.stop,
        },
    )
    hits: dict[Kind, list[Hit]] = {kind: [] for kind in asked.kinds}
    for kind, uid, score in cursor.fetchall():
        hits[Kind(kind)].append(Hit(Kind(kind), uid, score))
    return hits


def _spellings(cursor: Any, words: tuple[str, ...]) -> list[list[str]]:
    """Each word with those that it may be meant for."""
    spellings = []
    for word in words:
        cursor.execute(_NEAR, {"word": word, "first": _like(word[0]), "length": len(word)})
        near = sorted(other for (other,) in cursor.fetchall() if other != word and is_near(word, other))
        spellings.append([word, *near[:ALTERNATIVES]])
    return spellings


def _either(spellings: list[str]) -> str:
    """As a query of PostgreSQL; the words have no sign that means anything there."""
    alternatives = " | ".join(f"'{word}':*" for word in spellings)
    return f"({alternatives})"


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"
