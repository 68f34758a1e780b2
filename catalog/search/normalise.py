"""One spelling for what is looked for and for what is found: names and queries go through here, for both engines.

Letters lose their case and their accents, punctuation goes, “feat.” is left out and “&” is “and”. A name that holds
punctuation within is known by each of its forms: “AC/DC” is `acdc`, and `ac dc` finds it, too.
"""

import re
import unicodedata
from functools import cache

# What no decomposition takes apart.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n", "æ": "ae", "œ": "oe", "þ": "th"}
)
# The accents of alphabets. Marks of other scripts are letters of them: without the voicing が would be か.
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]")
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_JOINERS = frozenset("-‐‑‒–—./·•_")
_LOOKALIKES = {"$": "s", "!": "i", "@": "a"}
_FEATURING = frozenset({"feat", "ft", "featuring"})
# Han and kana have no spaces between their words: each sign counts as one.
_SIGN = re.compile("([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
# As long as the longest prefix that the index holds of a word.
LONGEST_WORD = 20


def normalise(text: str, *, accents: bool = False) -> str:
    """The words of the text with single spaces between; with `accents`, its twin that keeps them.

    What has no letter and no digit (the band “!!!”) stays as its signs.
    """
    folded = _fold(text, accents=accents)
    words = [word for token in _tokens(folded) for word in _joined(token)]
    kept = [word for word in words if word not in _FEATURING] or words
    return " ".join(kept) or "".join(sign for sign in folded if unicodedata.category(sign)[0] in "PS")


def compact(text: str, *, accents: bool = False) -> str:
    """The normal form without spaces: “A-ha” and “a ha” are the same name."""
    return normalise(text, accents=accents).replace(" ", "")


def query_words(text: str) -> list[str]:
    """What all must be found of a query. “and” says nothing when there are other words."""
    words = _split(normalise(text))
    return [word for word in words if word != "and"] or words


def index_words(*texts: str) -> list[str]:
    """All words that should find a name, in every form of those with punctuation within."""
    found: dict[str, None] = {}
    for text in texts:
        for token in _tokens(_fold(text)):
            pieces = _pieces(token)
            forms = [*_joined(token), *pieces, "".join(pieces), *_pieces(_without_lookalikes(token))]
            found |= dict.fromkeys(word for form in forms for word in _split(form))
    return list(found)


def _fold(text: str, *, accents: bool = False) -> str:
    """Folded until nothing changes: a few signs fall apart into others that fold again."""
    while (folded := _fold_once(text, accents=accents)) != text:
        text = folded
    return text


def _fold_once(text: str, *, accents: bool) -> str:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    if not accents:
        text = _ACCENTS.sub("", text).translate(_LETTERS)
    return unicodedata.normalize("NFC", text)


def _tokens(folded: str) -> list[str]:
    spaced = re.sub(r"[&+]", lambda sign: " and " if sign[0] == "&" else " ", _APOSTROPHES.sub("", folded))
    return spaced.split()


def _joined(token: str) -> list[str]:
    """The pieces of a token, as one word where a piece is short: r.e.m. → rem, but northern-lights → two words."""
    pieces = _pieces(token)
    between = {sign for sign in token if not _is_letter(sign)}
    if len(pieces) > 1 and between <= _JOINERS and min(map(len, pieces)) <= 2:
        return ["".join(pieces)]
    return pieces


def _pieces(token: str) -> list[str]:
    read = "".join(_read(token, place) for place in range(len(token)))
    return "".join(sign if _is_letter(sign) else " " for sign in read).split()


def _read(token: str, place: int) -> str:
    """A sign within a word stands for the letter that it looks like: p!nk, ke$ha."""
    sign = token[place]
    if sign not in _LOOKALIKES:
        return sign
    before, after = token[place - 1 : place], token[place + 1 : place + 2]
    near = before.isalpha() or after.isalpha() if sign == "$" else before.isalpha() and after.isalpha()
    return _LOOKALIKES[sign] if near else sign


def _without_lookalikes(token: str) -> str:
    return "".join(sign for sign in token if sign not in _LOOKALIKES)


def _split(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in _SIGN.sub(r" \1 ", text).split()]


@cache
def _is_letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNM"
