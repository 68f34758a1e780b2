"""Search in long lists of the admin: by the words of names and by codes, quick with a million rows.

Each way that a row can match is asked for by itself and cut at the newest hundred, so that an index answers: a
common word is found by going through the newest rows, a rare one in the index of its letters. One condition over all
ways would read the table.
"""

import uuid
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations
from typing import Any

from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP

MOST = 100
WORDS = 6


def find(
    rows: QuerySet[Any], text: str, *, names: Sequence[str], codes: Sequence[str], all_rows: bool
) -> QuerySet[Any]:
    """Those of the rows whose names (paths to text columns) hold all words, or one of whose codes is the text.

    The words may be split between two names: “mira solano harbour” is an artist and a title. `all_rows` says that the
    rows are a whole table's; where they are one label's, others' artists of the same name must not crowd out its own.
    """
    words = text.split()[:WORDS]
    of_name = partial(_of_the_newest, rows.model, words=words) if all_rows else partial(_holds, words=words)
    conditions = [
        *(of_name(name) if LOOKUP_SEP in name else _holds(name, words) for name in names),
        *_by_two_names(words, names),
        *_by_codes("".join(words), codes),
    ]
    ways = [rows.filter(condition).order_by("-pk").values("pk")[:MOST] for condition in conditions]
    return rows.filter(pk__in=ways[0].union(*ways[1:]) if len(ways) > 1 else ways[0])


def _by_two_names(words: Sequence[str], names: Sequence[str]) -> Iterator[Q]:
    for first, second in permutations(names, 2):
        for place in range(1, len(words)):
            yield _holds(first, words[:place]) & _holds(second, words[place:])


def _of_the_newest(model: type[Model], name: str, *, words: Sequence[str]) -> Q:
    """Rows of the newest hundred artists of that name: of all of them, the database would go through every credit."""
    path, _, column = name.rpartition(LOOKUP_SEP)
    named = get_fields_from_path(model, name)[-1].model._default_manager.filter(_holds(column, words)).order_by("-pk")
    return Q((f"{path}__in", named.values("pk")[:MOST]))


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
