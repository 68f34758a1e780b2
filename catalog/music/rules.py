"""Pure decisions about music."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

TARGET_LUFS = -14.0
PEAK_CEILING_DB = -1.0


def playback_gain_db(*, loudness_lufs: float | None, true_peak_db: float | None) -> float:
    """The gain to -14 LUFS that keeps the true peak below -1 dBTP; 0 where nothing was measured."""
    if loudness_lufs is None or true_peak_db is None:
        return 0.0
    return round(min(TARGET_LUFS - loudness_lufs, PEAK_CEILING_DB - true_peak_db), 1)


def line_of(names: Iterable[Any]) -> str:
    """The names of credits in order as one text, joined by what each says comes after it: “A feat. B & C”."""
    ordered = list(names)
    text = ordered[0].artist.name if ordered else ""
    for credit, following in pairwise(ordered):
        text += _joint(credit, following) + following.artist.name
    return text


def _joint(credit: Any, following: Any) -> str:
    if credit.join_phrase.strip():
        # A form takes the spaces away that belong around a word; a comma has none before it.
        phrase = credit.join_phrase.strip()
        return f"{phrase} " if phrase[0] in ",;" else f" {phrase} "
    turns = getattr(following, "role", "") == "featured" and getattr(credit, "role", "") != "featured"
    return " feat. " if turns else ", "
