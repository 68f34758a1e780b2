"""What is asked of an engine, how both of them weigh what they find, and what is marked in it. Pure."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from catalog.music.validators import ISRC_SHAPE, UPC_SHAPE
from catalog.search.models import Kind
from catalog.search.normalise import compact, index_words, query_words

MOST_QUERY_WORDS = 12
# Of what fits equally well, the kind that people mean first.
KINDS = (Kind.ARTIST, Kind.TRACK, Kind.RELEASE, Kind.PLAYLIST, Kind.VIDEO)
# What a name is worth that …
IS_IT = 20.0  # … is what was typed, or one of its other names is,
IS_IT_WITH_ACCENTS = 2.0  # … with the same accents,
BEGINS = 3.0  # … begins so,
WORDS_IN_NAME = 1.0  # … has all the words,
PREFIXES_IN_NAME = 1.0  # … or words that begin so.
WORDS = 1.0  # The same, where artists and the release count as well.
PREFIXES = 1.0
ALMOST_IT = 5.0  # Mistyped: a whole name that is nearly what was typed,
ALMOST_IN_NAME = 1.0  # … and words that nearly are.
# A million streams make three times as much of it: a whole name stays above the beginning of a famous one.
POPULARITY = 0.15

_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Query:
    text: str
    name: str
    accent_name: str
    words: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        """One or two letters begin so many words that only beginnings of names are looked at."""
        return len(self.name) <= 2 and self.name.isascii()


@dataclass(frozen=True)
class Filters:
    genre: str | None = None
    year: int | None = None
    explicit: bool | None = None

    def covers(self, kind: Kind) -> bool:
        """Whether the filters say anything of this kind; what they can't tell is left out."""
        if self.explicit is not None and kind not in (Kind.TRACK, Kind.VIDEO):
            return False
        return self == NO_FILTERS or kind not in (Kind.ARTIST, Kind.PLAYLIST)


NO_FILTERS = Filters()


@dataclass(frozen=True)
class Asked:
    """Places `start` to `stop` of each kind, best first; with `typos`, also what is nearly spelled so."""

    query: Query
    kinds: tuple[Kind, ...]
    filters: Filters = NO_FILTERS
    start: int = 0
    stop: int = 30
    typos: bool = False


@dataclass(frozen=True)
class Hit:
    kind: Kind
    uid: UUID
    score: float


def parse_query(text: str) -> Query:
    name = compact(text)
    words = query_words(text)[:MOST_QUERY_WORDS]
    return Query(
        text=text,
        name=name,
        accent_name=compact(text, accents=True),
        words=tuple(word for word in words if any(sign.isalnum() for sign in word)),
    )


def isrc_in(text: str) -> str | None:
    code = re.sub(r"[\s\-]", "", text).upper()
    return code if re.fullmatch(ISRC_SHAPE.strip("^$"), code) else None


def upcs_in(text: str) -> list[str]:
    """A UPC is an EAN with a nought before it, and people have either."""
    code = re.sub(r"[\s\-]", "", text)
    if not code.isascii() or not re.fullmatch(UPC_SHAPE.strip("^$"), code):
        return []
    return [code, f"0{code}"] if len(code) == 12 else [code, code.removeprefix("0")]


def bucket_of(streams: int) -> int:
    """The power of two at or below streams + 1: a thing is indexed again when its streams have doubled."""
    return int(math.log2(max(streams, 0) + 1))


def streams_of(bucket: int) -> int:
    return int(2**bucket) - 1


def is_near(word: str, other: str) -> bool:
    """Whether one is the other with a letter more, less, changed or two swapped; two of these in longer words."""
    allowed = 0 if len(word) < 3 else 1 if len(word) <= 5 else 2
    return _distance(word, other) <= allowed


def _distance(word: str, other: str) -> int:
    before, row = list[int](), list(range(len(other) + 1))
    for i, sign in enumerate(word, 1):
        before_that, before = before, row
        row = [i]
        for j, against in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (sign != against))
            if i > 1 and j > 1 and sign == other[j - 2] and word[i - 2] == against:
                cost = min(cost, before_that[j - 2] + 1)
            row.append(cost)
    return row[-1]


def marks(name: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where the words of a query stand in a name as it is shown: places of the first sign and after the last."""
    asked = tuple(words)
    return [
        (found.start(), found.end())
        for found in _WORD.finditer(name)
        if asked and any(word.startswith(asked) for word in index_words(found[0]))
    ]
