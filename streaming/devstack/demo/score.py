"""From a recipe to events: chords, bass, melody and drums on a grid of sixteenths."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streaming.devstack.demo.harmony import Chord, nearest, parse_chord, scale_over, voicing
from streaming.devstack.demo.recipes import Pattern, Recipe

HITS = {"x": 0.8, "X": 1.0, "o": 0.45}
# A at 55 Hz: small speakers hear it.
BASS_FLOOR = 33
CENTRES = {"comp": 64, "pad": 60, "lead": 76}
RHYTHMS = {
    16: (
        "x---x-x-x---....",
        "x-----x-x-------",
        "..x-x-x-x---x-..",
        "x--x--x-x-x-----",
        "x-x-x---..x-x---",
        "x---..x-x-x-x---",
    ),
    12: ("x---x-x-x---", "x-----x---x-", "x-x-x---x---", "x-------x-x-", "..x-x-x-x---"),
}
LAST_BARS = {16: "x-----x---------", 12: "x---------.."}
STEPS = (-3, -2, -1, -1, -1, 1, 1, 1, 2, 3)


@dataclass(frozen=True)
class Event:
    """`start` and `seconds` in seconds; `pitch` a MIDI number, or None for a drum; `level` 0 to 1."""

    part: str
    start: float
    seconds: float
    pitch: int | None
    level: float


@dataclass(frozen=True)
class Bar:
    number: int
    section: str
    place: int
    last: bool
    chord: Chord
    voices: tuple[int, ...]


@dataclass(frozen=True)
class Motif:
    rhythm: str
    moves: tuple[int, ...]


def bars(recipe: Recipe) -> list[Bar]:
    """Every bar with its section, its place within it and its chord as voiced."""
    names = {"C": recipe.chorus.split()}
    made: list[Bar] = []
    for section, count in recipe.sections:
        chords = names.get(section, recipe.verse.split())
        for place in range(count):
            chord = parse_chord(chords[place % len(chords)])
            voices = voicing(chord, made[-1].voices if made else None, CENTRES["comp"])
            made.append(Bar(len(made), section, place, place == count - 1, chord, voices))
    return made


def at(recipe: Recipe, bar: Bar, step: int) -> float:
    """The second at which a sixteenth of a bar starts, swung."""
    late = recipe.sound.swing if (step // recipe.sound.swing_steps) % 2 else 0.0
    return bar.number * recipe.bar_seconds + (step + late) * recipe.step_seconds


def held(rhythm: str) -> Iterator[tuple[int, str, int]]:
    """(step, character, length in steps) of each note of a rhythm."""
    for step, mark in enumerate(rhythm):
        if mark not in ".-":
            rest = rhythm[step + 1 :]
            yield step, mark, 1 + len(rest) - len(rest.lstrip("-"))


def pick(pattern: Pattern, bar: Bar) -> str:
    return pattern.chorus if bar.section == "C" else pattern.verse


def comp_part(recipe: Recipe, bar: Bar) -> Iterator[Event]:
    level = {"I": 0.75, "V": 0.8, "C": 1.0, "O": 0.7}[bar.section]
    for step, mark, length in held(pick(recipe.sound.comp_rhythm, bar)):
        seconds = length * recipe.step_seconds * 0.95
        accent = 1.0 if step % 8 == 0 else 0.85
        if mark.isdigit():
            octave, voice = divmod(int(mark), len(bar.voices))
            pitches: tuple[int, ...] = (bar.voices[voice] + 12 * octave,)
        else:
            pitches, accent = bar.voices, accent * HITS[mark]
        for order, pitch in enumerate(pitches):
            # A hand does not land on all keys at once.
            yield Event("comp", at(recipe, bar, step) + 0.006 * order, seconds, pitch, level * accent)


def pad_part(recipe: Recipe, bar: Bar) -> Iterator[Event]:
    level = {"I": 0.6, "V": 0.65, "C": 1.0, "O": 0.75}[bar.section]
    if recipe.sound.pad is not None:
        for pitch in bar.voices:
            yield Event("pad", at(recipe, bar, 0), recipe.bar_seconds * 0.98, pitch - 12 * (pitch > 66), level)


def bass_part(recipe: Recipe, bar: Bar) -> Iterator[Event]:
    if bar.section == "I" and bar.place < 2:
        return
    root = BASS_FLOOR + (bar.chord.root - BASS_FLOOR) % 12
    offsets = {"r": 0, "3": bar.chord.third, "5": bar.chord.fifth, "8": 12}
    rhythm = pick(recipe.sound.bass_rhythm, bar)
    if bar.section == "O":
        rhythm = "r" + "-" * (len(rhythm) - 1)
    for step, mark, length in held(rhythm):
        level = 1.0 if step == 0 else 0.85
        yield Event("bass", at(recipe, bar, step), length * recipe.step_seconds * 0.92, root + offsets[mark], level)


def drum_parts(recipe: Recipe, bar: Bar) -> Iterator[Event]:
    if (bar.section == "I" and not bar.last) or (bar.section == "O" and bar.place >= 2):
        return
    for name, pattern in recipe.sound.drums.items():
        rhythm = pick(pattern, bar)
        if bar.section == "I" and name in ("kick", "snare", "clap"):
            continue
        if bar.section in "VC" and bar.last and name in ("snare", "clap"):
            rhythm = rhythm[:-4] + "o.xx"
        for step, mark, _ in held(rhythm):
            yield Event(name, at(recipe, bar, step), 0.0, None, HITS[mark] * (0.85 if bar.section == "V" else 1.0))
    if bar.section == "C" and bar.place == 0 and recipe.sound.drums:
        yield Event("cymbal", at(recipe, bar, 0), 0.0, None, 0.8)


def motifs(recipe: Recipe) -> dict[str, tuple[Motif, Motif]]:
    """Two motifs for verses and two for choruses, drawn once from the song's seed and then repeated."""
    rng = np.random.default_rng(recipe.seed)
    bank = RHYTHMS[4 * recipe.sound.beats]
    chosen = [bank[int(index)] for index in rng.permutation(len(bank))[:4]]
    made = []
    for rhythm in chosen:
        place, moves = 0, []
        for _ in held(rhythm):
            moves.append(max(-4, min(4, place)))
            # Steps lean back to the middle, so that no motif climbs away.
            lean = -1 if place > 2 else 1 if place < -2 else 0
            place += int(rng.choice(STEPS)) + lean
        made.append(Motif(rhythm, tuple(moves)))
    return {"V": (made[0], made[1]), "C": (made[2], made[3])}


def melody_bar(recipe: Recipe, bar: Bar, motif: Motif, anchor: int) -> Iterator[Event]:
    """One bar of a motif set on this chord: long and strong notes fall on chord tones, the others pass by."""
    tones = scale_over(bar.chord, recipe.tonic, recipe.scale)
    ladder = [pitch for pitch in range(anchor - 10, anchor + 11) if pitch % 12 in tones]
    middle = ladder.index(nearest(nearest(anchor, bar.chord.classes), tones))
    level = 1.0 if bar.section == "C" else 0.8
    for (step, _, length), move in zip(held(motif.rhythm), motif.moves, strict=True):
        pitch = ladder[min(max(middle + move, 0), len(ladder) - 1)]
        if step % 8 == 0 or length >= 4:
            pitch = nearest(pitch, bar.chord.classes)
        seconds = length * recipe.step_seconds * 0.96
        yield Event("lead", at(recipe, bar, step), seconds, pitch, level * (1.0 if step % 4 == 0 else 0.88))


def lead_part(recipe: Recipe, bar: Bar, chosen: dict[str, tuple[Motif, Motif]]) -> Iterator[Event]:
    """Phrases of four bars: motif, its echo, motif, and a long note to end on. A verse's first bars leave room."""
    if bar.section not in chosen or (bar.section == "V" and bar.number < 4):
        return
    first, second = chosen[bar.section]
    anchor = CENTRES["lead"] + (3 if bar.section == "C" else -2)
    if bar.place % 4 == 3 or bar.last:
        rhythm = LAST_BARS[len(first.rhythm)]
        yield from melody_bar(recipe, bar, Motif(rhythm, (1, 0, 0)[: sum(1 for _ in held(rhythm))]), anchor)
    else:
        echo = bar.place % 4 == 1 or bar.place % 8 == 6
        yield from melody_bar(recipe, bar, second if echo else first, anchor)


def ending(recipe: Recipe, last: Bar) -> Iterator[Event]:
    """The home chord, left to ring."""
    chord = parse_chord(recipe.verse.split()[0])
    start, ring = (last.number + 1) * recipe.bar_seconds, 2.2
    yield Event("bass", start, ring, BASS_FLOOR + (chord.root - BASS_FLOOR) % 12, 0.9)
    for order, pitch in enumerate(voicing(chord, last.voices, CENTRES["comp"])):
        yield Event("comp", start + 0.03 * order, ring, pitch, 0.8)


def score(recipe: Recipe) -> list[Event]:
    """All notes and hits of a song, the same for the same recipe."""
    chosen, made = motifs(recipe), bars(recipe)
    events: list[Event] = []
    for bar in made:
        for part in (comp_part, pad_part, bass_part, drum_parts):
            events.extend(part(recipe, bar))
        events.extend(lead_part(recipe, bar, chosen))
    events.extend(ending(recipe, made[-1]))
    return events
