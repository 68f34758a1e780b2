"""Soft drums: each makes one mono hit, float32, within about -1 to 1."""

from collections.abc import Callable

import numpy as np

from streaming.devstack.demo.recipes import DrumName
from streaming.devstack.demo.synth import RATE, Samples, frames, ramp, single


def noise(seconds: float, seed: int) -> Samples:
    return np.random.default_rng(seed).uniform(-1.0, 1.0, frames(seconds)).astype(np.float32)


def high_pass(samples: Samples, times: int) -> Samples:
    """Differences, each of which tilts the spectrum up by 6 dB an octave; brought back to a peak of 1."""
    for _ in range(times):
        samples = np.diff(samples, prepend=np.float32(0.0))
    return single(samples / np.abs(samples).max())


def low_pass(samples: Samples, width: int) -> Samples:
    kernel = np.hanning(width + 2)[1:-1].astype(np.float32)
    return np.convolve(samples, kernel / kernel.sum(), mode="same").astype(np.float32)


def fading(samples: Samples, decay: float, attack: float = 0.001) -> Samples:
    shaped = samples * np.exp(np.arange(len(samples), dtype=np.float32) / np.float32(-decay * RATE))
    rise, fall = frames(attack), min(frames(0.02), len(samples))
    shaped[:rise] *= ramp(rise)
    shaped[-fall:] *= ramp(fall)[::-1]
    return single(shaped)


def kick() -> Samples:
    """A sine that falls from 150 to 46 Hz, with a soft beater."""
    time = np.arange(frames(0.36)) / RATE
    cycles = 46.0 * time + (150.0 - 46.0) * 0.028 * (1 - np.exp(time / -0.028))
    body = np.sin(2 * np.pi * cycles).astype(np.float32)
    beater = low_pass(noise(0.36, 1), 24) * np.exp(time / -0.006).astype(np.float32)
    return fading(np.float32(0.95) * body + np.float32(0.5) * beater, 0.13)


def snare() -> Samples:
    time = np.arange(frames(0.26)) / RATE
    shell = (np.sin(2 * np.pi * 186 * time) * np.exp(time / -0.05)).astype(np.float32)
    wires = low_pass(high_pass(noise(0.26, 2), 1), 3)
    return fading(np.float32(0.5) * shell + np.float32(0.75) * wires, 0.075)


def clap() -> Samples:
    """Three quick bursts of band-limited noise, then their room."""
    sound = low_pass(high_pass(noise(0.3, 3), 1), 9)
    time = np.arange(len(sound), dtype=np.float32) / RATE
    hands = sum(
        (
            np.where(time >= at, np.exp((at - time) / decay), 0.0)
            for at, decay in ((0.0, 0.006), (0.011, 0.006), (0.023, 0.07))
        ),
        np.zeros_like(time),
    )
    return fading((sound / np.abs(sound).max() * hands).astype(np.float32), 0.16) * np.float32(0.7)


def rim() -> Samples:
    time = np.arange(frames(0.08)) / RATE
    tone = np.sin(2 * np.pi * 1720 * time) + 0.6 * np.sin(2 * np.pi * 840 * time)
    return fading((0.4 * tone).astype(np.float32), 0.012)


def hat() -> Samples:
    return fading(high_pass(noise(0.09, 5), 3), 0.018)


def open_hat() -> Samples:
    return fading(high_pass(noise(0.36, 6), 3), 0.085)


def shaker() -> Samples:
    return fading(high_pass(noise(0.11, 8), 2), 0.03, attack=0.014)


def cymbal() -> Samples:
    """The soft wash at the start of a chorus."""
    return fading(low_pass(high_pass(noise(1.8, 9), 2), 2), 0.55, attack=0.006)


DRUMS: dict[DrumName, Callable[[], Samples]] = {
    "kick": kick,
    "snare": snare,
    "clap": clap,
    "rim": rim,
    "hat": hat,
    "open": open_hat,
    "shaker": shaker,
}
