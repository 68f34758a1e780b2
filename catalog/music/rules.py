"""Pure decisions about music."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Measured:
    """How loud a recording is, and for how long."""

    loudness_lufs: float
    true_peak_db: float
    duration_ms: int


def loudness_together(parts: Iterable[Measured]) -> tuple[float | None, float | None]:
    """Loudness and true peak of recordings heard one after the other, for the gain of an album; None for nothing.

    Loudness is a level of energy: the energies are averaged by time, and the peak is the highest there is.
    """
    heard = [part for part in parts if part.duration_ms > 0]
    if not heard:
        return None, None
    energy = sum(10 ** (part.loudness_lufs / 10) * part.duration_ms for part in heard)
    loudness = 10 * math.log10(energy / sum(part.duration_ms for part in heard))
    return round(loudness, 2), max(part.true_peak_db for part in heard)
