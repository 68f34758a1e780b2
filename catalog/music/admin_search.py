"""Search in long lists of the admin: by the words of names and by codes, quick with a million rows.

Each way that a row can match is asked for by itself and cut at the newest few hundred, so that an index answers: a
common word is found by going through the newest rows, a rare one in the index of its letters. One condition over all
ways would read the table.
"""

import uuid
from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any

from django.db.models import Q, QuerySet

MOST = 300
WORDS = 6


def find(rows: QuerySet[Any], text: str, *, names: Sequence[str], codes: Sequence[str]) -> QuerySet[Any]:
    """Those of the rows whose names (paths to text columns) hold all words, or one of whose codes is the text.

    The words may be split between two names: “mira solano harbour” is an artist and a title.
    """
    words = text.split()[:WORDS]
    ways = [
        rows.filter(condition).order_by("-pk").values("pk")[:MOST]
        for condition in (*_by_names(words, names), *_by_codes("".join(words), codes))
    ]
    return rows.filter(pk__in=ways[0].union(*ways[1:]) if len(ways) > 1 else ways[0])


def _by_names(words: Sequence[str], names: Sequence[str]) -> Iterator[Q]:
    for name in names:
        yield _holds(name, words)
    for first, second in permutations(names, 2):
        for place in range(1, len(words)):
            yield _holds(first, words[:place]) & _holds(second, words[place:])


def _holds(name: str, words: Sequence[str]) -> Q:
    return Q(*((f"{name}__icontains", word) for word in words))


def _by_codes(text: str, codes: Sequence[str]) -> Iterator[Q]:
    for code in codes:
        if code != "uid":
            yield Q((code, text.replace("-", "").upper()))
        elif (uid := _uid(text)) is not None:
            yield Q(uid=uid)


def _uid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
