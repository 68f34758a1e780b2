"""Timbres: each makes one mono note, float32, within about -1 to 1, that starts and ends at zero."""

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from streaming.devstack.demo.recipes import TimbreName

RATE = 44_100
TABLE_SIZE = 8192
TOP_HZ = 15_000.0

Samples = npt.NDArray[np.float32]


def frames(seconds: float) -> int:
    return round(seconds * RATE)


def single(values: npt.ArrayLike) -> Samples:
    """As float32: half the memory of numpy's own choice, and twice the speed."""
    return np.asarray(values, dtype=np.float32)


def ramp(count: int) -> Samples:
    """Half a raised cosine from 0 to 1."""
    return single(0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, count)))


def envelope(seconds: float, attack: float, decay: float, sustain: float, release: float) -> Samples:
    """Attack, exponential decay towards `sustain`, then a release after `seconds`; all times in seconds."""
    hold, tail = max(frames(seconds), 2), frames(release)
    body = (sustain + (1.0 - sustain) * np.exp(np.arange(hold) / (-decay * RATE))).astype(np.float32)
    rise = min(frames(attack), hold)
    body[:rise] *= ramp(rise)
    fall = body[-1] * np.linspace(1.0, 0.0, tail, dtype=np.float32) ** 3
    return np.concatenate([body, fall.astype(np.float32)])


def phase(hertz: float, count: int, vibrato: float = 0.0) -> Samples:
    """Cycles, modulo 1; `vibrato` is its depth as a share of the pitch, and sets in after a quarter of a second."""
    cycles = np.arange(count) * (hertz / RATE)
    if vibrato:
        time = np.arange(count) / RATE
        depth = vibrato * hertz / (2 * np.pi * 5.2) * np.clip((time - 0.25) * 3, 0.0, 1.0)
        cycles += depth * np.sin(2 * np.pi * 5.2 * time)
    return single(cycles - np.floor(cycles))


def sine(cycles: Samples) -> Samples:
    return single(np.sin(cycles * np.float32(2 * np.pi)))


@cache
def wave_table(kind: str, partials: int) -> Samples:
    """One cycle with so many partials, peak 1. Made once per kind and partial count; notes only look it up."""
    cycle = np.arange(TABLE_SIZE) / TABLE_SIZE
    table = np.zeros(TABLE_SIZE)
    for number in range(1, partials + 1):
        if kind == "square" and number % 2 == 0:
            continue
        softness = {"saw": 14.0, "square": 9.0, "dull": 3.2, "bright": 7.0}[kind]
        table += np.sin(2 * np.pi * number * cycle) / number * np.exp(-((number / softness) ** 2) / 2)
    return single(table / np.abs(table).max())


def wave(kind: str, hertz: float, cycles: Samples) -> Samples:
    table = wave_table(kind, min(40, max(1, int(TOP_HZ / hertz))))
    return single(table[(cycles * TABLE_SIZE).astype(np.int32) & (TABLE_SIZE - 1)])


def struck(hertz: float, mix: list[tuple[float, float, float]], shape: Samples) -> Samples:
    """A struck sound within an envelope: (multiple of the pitch, level, decay in seconds) for each partial."""
    count = len(shape)
    time = np.arange(count, dtype=np.float32) / RATE
    total = np.zeros(count, dtype=np.float32)
    for multiple, level, decay in mix:
        if hertz * multiple < TOP_HZ:
            total += level * sine(phase(hertz * multiple, count)) * np.exp(time / -decay)
    return total * shape


def warm(hertz: float, seconds: float) -> Samples:
    """A slow pad: two detuned dull saws."""
    shape = envelope(seconds, 0.35, 3.0, 0.8, 0.9)
    low, high = (phase(hertz * cents, len(shape)) for cents in (0.9968, 1.0034))
    return shape * (wave("dull", hertz, low) + wave("dull", hertz, high)) * np.float32(0.5)


def pluck(hertz: float, seconds: float) -> Samples:
    """A synthetic string: bright at first, then dull, as a closing filter sounds."""
    length = seconds + 0.5
    cycles = phase(hertz, frames(length) + frames(0.15))
    bright = envelope(length, 0.003, 0.09, 0.0, 0.15) * wave("bright", hertz, cycles)
    dull = envelope(length, 0.003, 0.35, 0.0, 0.15) * wave("dull", hertz, cycles)
    return np.float32(0.45) * bright + np.float32(0.6) * dull


def guitar(hertz: float, seconds: float) -> Samples:
    """A plucked nylon string: a ring of noise that is averaged on each round (Karplus and Strong's idea)."""
    period = max(2, round(RATE / hertz))
    shape = envelope(seconds + 0.7, 0.002, 1.1, 0.0, 0.25)
    ring = np.random.default_rng(period).uniform(-1.0, 1.0, period)
    for _ in range(3):
        ring = 0.5 * ring + 0.25 * (np.roll(ring, 1) + np.roll(ring, -1))
    ring -= ring.mean()
    ring /= np.abs(ring).max()
    rounds = np.empty((len(shape) // period + 1, period), dtype=np.float32)
    # Low strings go round less often, so each round may damp more.
    damping = min(0.5, 0.08 + 22.0 / hertz)
    for row in rounds:
        row[:] = ring
        ring = (1 - damping) * ring + damping / 2 * (np.roll(ring, 1) + np.roll(ring, -1))
    # The ring's period is whole samples: read it at a slightly different speed to be in tune.
    places = np.arange(len(shape)) * (hertz * period / RATE)
    tuned = np.interp(places, np.arange(rounds.size), rounds.ravel())
    return single(shape * tuned)


def epiano(hertz: float, seconds: float) -> Samples:
    """An electric piano: a tine whose brightness fades (frequency modulation), and a faint bell on the attack."""
    shape = envelope(seconds, 0.004, 1.1, 0.12, 0.35)
    time = np.arange(len(shape), dtype=np.float32) / RATE
    cycles = phase(hertz, len(shape))
    index = np.float32(0.16) * np.exp(time / -0.35) + np.float32(0.03)
    tine = sine(cycles + index * sine(cycles))
    spark = sine(phase(min(hertz * 9, TOP_HZ), len(shape))) * np.exp(time / -0.06)
    return shape * (np.float32(0.85) * tine + np.float32(0.05) * spark)


def organ(hertz: float, seconds: float) -> Samples:
    """Four drawbars with a little vibrato and a soft key click's worth of attack."""
    shape = envelope(seconds, 0.012, 2.0, 0.85, 0.09)
    total = np.zeros(len(shape), dtype=np.float32)
    for multiple, level in ((0.5, 0.12), (1.0, 0.55), (2.0, 0.3), (3.0, 0.16), (4.0, 0.08)):
        total += np.float32(level) * sine(phase(hertz * multiple, len(shape), vibrato=0.003))
    return shape * total * np.float32(0.75)


def felt(hertz: float, seconds: float) -> Samples:
    """A piano with felt between hammer and string."""
    bright = min(1.0, 330.0 / hertz)
    mix = [
        (
            number * (1 + 0.0004 * number**2),
            0.7 / number ** (2.0 - 0.5 * bright),
            1.8 / number**0.8 * min(1.4, 500 / hertz),
        )
        for number in range(1, 9)
    ]
    return struck(hertz, mix, envelope(seconds, 0.008, 9.0, 0.3, 0.55))


def bell(hertz: float, seconds: float) -> Samples:
    """A small mallet bell with two partials out of tune."""
    mix = [(1.0, 0.6, 1.1), (2.0, 0.16, 0.6), (2.76, 0.14, 0.35), (5.4, 0.06, 0.12)]
    return struck(hertz, mix, envelope(seconds + 0.3, 0.004, 9.0, 0.3, 0.6))


def flute(hertz: float, seconds: float) -> Samples:
    """A round, breathy pipe."""
    shape = envelope(seconds, 0.06, 1.5, 0.75, 0.16)
    cycles = phase(hertz, len(shape), vibrato=0.006)
    tone = sine(cycles) + np.float32(0.22) * sine(2 * cycles) + np.float32(0.1) * sine(3 * cycles)
    noise = np.random.default_rng(7).standard_normal(len(shape) + 8).astype(np.float32)
    breath = np.convolve(noise, np.ones(9, dtype=np.float32) / 9, mode="valid")
    return single(shape * (np.float32(0.7) * tone + np.float32(0.035) * breath[: len(shape)]))


def soft(hertz: float, seconds: float) -> Samples:
    """A singing lead, between a flute and a string."""
    shape = envelope(seconds, 0.035, 0.9, 0.65, 0.2)
    cycles = phase(hertz, len(shape), vibrato=0.006)
    return shape * (np.float32(0.55) * wave("dull", hertz, cycles) + np.float32(0.35) * sine(cycles))


def square(hertz: float, seconds: float) -> Samples:
    """A game console's lead with its edges taken off."""
    shape = envelope(seconds, 0.006, 0.5, 0.55, 0.08)
    return shape * np.float32(0.6) * wave("square", hertz, phase(hertz, len(shape), vibrato=0.005))


def round_bass(hertz: float, seconds: float) -> Samples:
    """A finger on a thick string."""
    shape = envelope(seconds, 0.008, 0.9, 0.45, 0.07)
    cycles = phase(hertz, len(shape))
    snap = np.exp(np.arange(len(shape), dtype=np.float32) / np.float32(-0.12 * RATE))
    body = sine(cycles) + np.float32(0.35) * sine(2 * cycles) + np.float32(0.14) * sine(3 * cycles)
    return single(shape * (np.float32(0.65) * body + np.float32(0.22) * snap * wave("dull", hertz, cycles)))


def saw_bass(hertz: float, seconds: float) -> Samples:
    """A synthesiser's bass: a closing filter over a sine that holds the bottom."""
    shape = envelope(seconds, 0.006, 0.7, 0.6, 0.06)
    cycles = phase(hertz, len(shape))
    closing = np.exp(np.arange(len(shape), dtype=np.float32) / np.float32(-0.13 * RATE))
    top = closing * wave("saw", hertz, cycles) + (1 - closing) * wave("dull", hertz, cycles)
    return single(shape * (np.float32(0.5) * top + np.float32(0.4) * sine(cycles)))


TIMBRES: dict[TimbreName, Callable[[float, float], Samples]] = {
    "warm": warm,
    "pluck": pluck,
    "guitar": guitar,
    "epiano": epiano,
    "organ": organ,
    "felt": felt,
    "bell": bell,
    "flute": flute,
    "soft": soft,
    "square": square,
    "round": round_bass,
    "saw": saw_bass,
}


def note(timbre: TimbreName, midi: int, seconds: float, cents: float = 0.0) -> Samples:
    """One note of a timbre; `midi` 69 is A at 440 Hz."""
    return TIMBRES[timbre](440.0 * 2.0 ** ((midi - 69 + cents / 100) / 12), seconds)
