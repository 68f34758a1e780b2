"""Renders a recipe: parts to stereo stems, levelled and placed in a room, then one master.

All sound is float32 of shape (2, frames) at 44.1 kHz; the result is int16 of shape (frames, 2).
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from streaming.devstack.demo.drums import DRUMS, cymbal
from streaming.devstack.demo.effects import add_echo, ducking, master, room, set_loudness
from streaming.devstack.demo.recipes import Recipe, TimbreName
from streaming.devstack.demo.score import Event, score
from streaming.devstack.demo.synth import Samples, frames, note

# Loudness of each part (RMS where it sounds, in dB), how far its two sides are detuned, how much room it gets.
LEVELS = {"lead": -21.5, "bass": -24.0, "comp": -23.5, "pad": -27.5}
SPREADS = {"pad": 7.0, "comp": 2.0, "lead": 1.5}
SENDS = {"lead": 1.0, "comp": 0.7, "pad": 0.8, "drums": 0.35, "bass": 0.0}
DRUM_GAINS = {
    "kick": 0.42, "snare": 0.3, "clap": 0.3, "rim": 0.16, "hat": 0.11, "open": 0.1, "shaker": 0.1, "cymbal": 0.09,
}  # fmt: skip
DRUM_PANS = {"rim": -0.35, "hat": 0.3, "open": 0.3, "shaker": -0.3, "clap": 0.05, "cymbal": -0.15}

Play = Callable[[Event], tuple[Samples, Samples]]


def timbre_of(recipe: Recipe, part: str) -> TimbreName:
    sound = recipe.sound
    names = {"comp": sound.comp, "bass": sound.bass, "lead": sound.lead, "pad": sound.pad or sound.comp}
    return names[part]


def pitched(recipe: Recipe, part: str) -> Play:
    """Plays notes of a part; equal notes are made once. Higher notes of the accompaniment sit further to the right."""
    made: dict[tuple[int | None, int], tuple[Samples, Samples]] = {}
    timbre, spread = timbre_of(recipe, part), SPREADS.get(part, 0.0)

    def play(event: Event) -> tuple[Samples, Samples]:
        key = event.pitch, frames(event.seconds)
        if key not in made:
            pitch = event.pitch or 0
            pan = max(-0.6, min(0.6, (pitch - 64) / 24)) if part == "comp" else 0.0
            left = note(timbre, pitch, event.seconds, -spread)
            right = note(timbre, pitch, event.seconds, spread) if spread else left
            made[key] = left * np.float32(1 - max(pan, 0) * 0.7), right * np.float32(1 + min(pan, 0) * 0.7)
        return made[key]

    return play


def struck() -> Play:
    """Plays drums, each made once."""
    kit: dict[str, tuple[Samples, Samples]] = {}
    makers: dict[str, Callable[[], Samples]] = {str(name): maker for name, maker in DRUMS.items()}
    makers["cymbal"] = cymbal

    def play(event: Event) -> tuple[Samples, Samples]:
        if event.part not in kit:
            hit, pan = makers[event.part]() * np.float32(DRUM_GAINS[event.part]), DRUM_PANS.get(event.part, 0.0)
            kit[event.part] = hit * np.float32(min(1, 1 - pan)), hit * np.float32(min(1, 1 + pan))
        return kit[event.part]

    return play


def stem(events: list[Event], play: Play, count: int) -> Samples:
    """All events of one part, added up."""
    out = np.zeros((2, count), dtype=np.float32)
    for event in events:
        start, level = frames(event.start), np.float32(event.level)
        for side, sound in zip(out, play(event), strict=True):
            window = side[start : start + sound.size]
            window += sound[: window.size] * level
    return out


def render(recipe: Recipe) -> npt.NDArray[np.int16]:
    """A whole song, int16 of shape (frames, 2) at 44.1 kHz."""
    events, count = score(recipe), frames(recipe.seconds)
    sound = recipe.sound
    mix = np.zeros((2, count), dtype=np.float32)
    send = np.zeros_like(mix)
    drums = [event for event in events if event.pitch is None]
    gain = ducking([event.start for event in drums if event.part == "kick"], sound.duck, count)
    for part, loudness in LEVELS.items():
        own = stem([event for event in events if event.part == part], pitched(recipe, part), count)
        set_loudness(own, loudness)
        if part == "lead":
            add_echo(own, 3 * recipe.step_seconds, 0.3)
        elif sound.duck:
            own *= gain
        mix += own
        send += own * np.float32(SENDS[part])
    if drums:
        beat = stem(drums, struck(), count)
        mix += beat
        send += beat * np.float32(SENDS["drums"])
    mix += room(send, sound.decay) * np.float32(sound.room * 2)
    return master(mix, recipe.drive)
