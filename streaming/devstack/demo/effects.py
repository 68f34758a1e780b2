"""What happens to sound after the notes: room, echo, ducking and the master. Stereo is float32 of (2, frames)."""

import numpy as np
import numpy.typing as npt

from streaming.devstack.demo.synth import RATE, Samples, frames, ramp

PEAK = 10.0 ** (-1.5 / 20)
FADE_SECONDS = 4.5
HALF_RATE = RATE // 2
WINDOW = 1 << 18


def room_response(decay: float) -> Samples:
    """Two sides of decaying noise at half the rate, dull as a furnished room, after 18 ms of none."""
    count = round(decay * HALF_RATE)
    noise = np.random.default_rng(1881).standard_normal((2, count))
    noise *= np.exp(np.arange(count) * (-4.5 / count)) * np.minimum(1.0, np.arange(count) / (0.012 * HALF_RATE))
    spectrum = np.fft.rfft(noise)
    hertz = np.fft.rfftfreq(count, 1 / HALF_RATE)
    # Neither rumble nor hiss comes back from the walls.
    spectrum *= (hertz / (hertz + 180.0)) ** 2 / (1 + (hertz / 3800.0) ** 2)
    shaped = np.fft.irfft(spectrum, count)
    late = np.zeros((2, round(0.018 * HALF_RATE)))
    response = np.concatenate([late, shaped / np.sqrt((shaped**2).sum(axis=1, keepdims=True))], axis=1)
    return response.astype(np.float32)


def convolve(dry: Samples, response: Samples) -> Samples:
    """Each row of `response` over the mono `dry`, cut to its length, by overlapping windows."""
    step = WINDOW - response.shape[1]
    transfer = np.fft.rfft(response, WINDOW)
    wet = np.zeros((len(response), dry.size + WINDOW), dtype=np.float32)
    for start in range(0, dry.size, step):
        spectrum = np.fft.rfft(dry[start : start + step], WINDOW)
        wet[:, start : start + WINDOW] += np.fft.irfft(spectrum * transfer, WINDOW)
    return wet[:, : dry.size]


def room(send: Samples, decay: float) -> Samples:
    """The reverb of a send, made from its mono sum at half the rate: it has no treble to lose."""
    pairs = send.shape[1] // 2
    mono = send[0, : 2 * pairs] + send[1, : 2 * pairs]
    half = convolve((mono[::2] + mono[1::2]) * np.float32(0.25), room_response(decay))
    full = np.zeros_like(send)
    full[:, : 2 * pairs : 2] = half
    full[:, 1 : 2 * pairs - 1 : 2] = (half[:, :-1] + half[:, 1:]) * np.float32(0.5)
    full[:, 2 * pairs - 1] = half[:, -1]
    return full


def add_echo(stem: Samples, seconds: float, level: float) -> None:
    """Adds three echoes, each softer and on the other side."""
    dry, delay = stem.copy(), frames(seconds)
    for count in (1, 2, 3):
        late = count * delay
        stem[count % 2, late:] += dry.mean(axis=0)[:-late] * np.float32(level**count)


def ducking(kicks: list[float], depth: float, count: int) -> Samples:
    """A gain that dips by `depth` at each kick (in seconds) and is back after a quarter of a second."""
    gain = np.ones(count, dtype=np.float32)
    recovery = np.concatenate([1 - depth * ramp(frames(0.008)), 1 - depth + depth * ramp(frames(0.24))])
    for start in kicks:
        first = frames(start)
        window = gain[first : first + recovery.size]
        np.minimum(window, recovery[: window.size], out=window)
    return gain


def set_loudness(stem: Samples, decibels: float) -> None:
    """Scales a stem so that the mean power of its sounding tenths of a second is `decibels` under full scale."""
    tenth = RATE // 10
    usable = stem.shape[1] // tenth * tenth
    power = (stem[:, :usable] ** 2).mean(axis=0).reshape(-1, tenth).mean(axis=1)
    sounding = power[power > power.max() * 1e-3]
    if sounding.size and sounding.mean() > 0:
        stem *= np.float32(10 ** (decibels / 20) / np.sqrt(sounding.mean()))


def master(mix: Samples, drive: float) -> npt.NDArray[np.int16]:
    """Rounds peaks off, fades out, removes DC and sets the peak to -1.5 dBFS; int16 of shape (frames, 2)."""
    mix -= mix.mean(axis=1, keepdims=True)
    # A gentle treble shelf: +3 dB at 5 kHz, +6 at 12.
    mix[:, 1:] += np.diff(mix) * np.float32(0.8)
    loud = np.tanh(mix * np.float32(drive))
    fade_in, fade_out = frames(0.004), frames(FADE_SECONDS)
    loud[:, :fade_in] *= ramp(fade_in)
    loud[:, -fade_out:] *= ramp(fade_out)[::-1]
    loud *= np.float32(PEAK * 32767) / np.abs(loud).max()
    return np.ascontiguousarray(np.rint(loud).astype(np.int16).T)
