"""Chord names, scales and voicings. Pitches are MIDI numbers; pitch classes are 0 (C) to 11 (B)."""

import re
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise

from streaming.devstack.demo.recipes import ScaleName

LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SCALES: dict[ScaleName, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
}
QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "13": (0, 4, 10, 14, 21),
    "7b9": (0, 4, 7, 10, 13),
    "add9": (0, 4, 7, 14),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
}


def pitch_class(name: str) -> int:
    return (LETTERS[name[0]] + name.count("#") - name[1:].count("b")) % 12


@dataclass(frozen=True)
class Chord:
    root: int
    intervals: tuple[int, ...]

    @property
    def classes(self) -> tuple[int, ...]:
        return tuple((self.root + interval) % 12 for interval in self.intervals)

    @property
    def fifth(self) -> int:
        """Semitones from the root to its fifth, which a half-diminished chord lowers."""
        return 6 if 6 in self.intervals else 7

    @property
    def third(self) -> int:
        return next((interval for interval in self.intervals if interval in (3, 4)), 12)


def parse_chord(name: str) -> Chord:
    """`F#m7b5` and the like. ValueError for a name outside QUALITIES."""
    match = re.fullmatch(r"([A-G][#b]?)(.*)", name)
    if match is None or match[2] not in QUALITIES:
        raise ValueError(f"unknown chord {name!r}")
    return Chord(pitch_class(match[1]), QUALITIES[match[2]])


def scale_over(chord: Chord, tonic: str, scale: ScaleName) -> tuple[int, ...]:
    """The pitch classes a melody may pass through: the key's, except those a semitone from a borrowed chord tone."""
    key = {(pitch_class(tonic) + step) % 12 for step in SCALES[scale]}
    borrowed = set(chord.classes) - key
    clashing = {(tone + side) % 12 for tone in borrowed for side in (-1, 1)}
    return tuple(sorted((key - clashing) | set(chord.classes)))


def voicing(chord: Chord, before: tuple[int, ...] | None, centre: int) -> tuple[int, ...]:
    """Four notes or fewer near `centre`, moving as little as can be from the chord before (the bass has the root)."""
    classes = chord.classes[1:] if len(chord.classes) > 4 else chord.classes
    options = []
    for octaves in combinations_with_replacement((-1, 0, 1), len(classes)):
        for turn in range(len(classes)):
            order = classes[turn:] + classes[:turn]
            base = centre - centre % 12
            notes = tuple(sorted(base + 12 * octave + tone for octave, tone in zip(octaves, order, strict=True)))
            gaps = [high - low for low, high in pairwise(notes)]
            if notes[-1] - notes[0] <= 16 and min(gaps) >= 1 and gaps[0] > 1:
                options.append(notes)

    def cost(notes: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        away = abs(sum(notes) / len(notes) - centre)
        moved = sum(abs(a - b) for a, b in zip(notes, before or notes, strict=False))
        return away + 0.6 * moved, notes

    return min(options, key=cost)


def nearest(target: int, classes: tuple[int, ...]) -> int:
    """The pitch of one of these classes closest to `target`; the lower of two."""
    return min(
        (pitch for pitch in range(target - 6, target + 7) if pitch % 12 in classes), key=lambda p: abs(p - target)
    )
