"""Videos: 720p pictures that move with their song, as an MP4 of H.264 and AAC.

Frames are drawn at 480 × 270 and enlarged by ffmpeg, which costs a fifth of drawing them at full size.
"""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

from streaming.devstack.demo.canvas import rgb
from streaming.devstack.demo.catalogue import Song
from streaming.devstack.demo.synth import RATE, single

WIDTH, HEIGHT, FRAME_RATE = 480, 270, 24
# Steps per pixel of the distances that round shapes are painted for.
FINE = 4

Floats = npt.NDArray[np.float32]
Frame = npt.NDArray[np.uint8]


def levels(samples: npt.NDArray[np.int16]) -> Floats:
    """For each frame, how loud the bass, the middle and the treble are: shape (frames, 3), 0 to 1, with a slow fall."""
    mono = samples.astype(np.float32).mean(axis=1) / 32768
    hop = RATE // FRAME_RATE
    # 44 100 / 24 is not whole: place each frame by its own time.
    count = len(mono) * FRAME_RATE // RATE
    starts = np.minimum(np.arange(count) * RATE // FRAME_RATE, max(0, len(mono) - hop))
    windows = mono[starts[:, None] + np.arange(hop)] * np.hanning(hop).astype(np.float32)
    power = np.abs(np.fft.rfft(windows, axis=1))
    hertz = np.fft.rfftfreq(hop, 1 / RATE)
    bands = [(30, 160), (250, 1500), (2500, 12000)]
    loud = np.stack([power[:, (hertz >= low) & (hertz < high)].mean(axis=1) for low, high in bands], axis=1)
    loud = np.sqrt(loud / (np.percentile(loud, 98, axis=0) + 1e-9)).clip(0, 1).astype(np.float32)
    for now in range(1, count):
        loud[now] = np.maximum(loud[now], loud[now - 1] * np.float32(0.86))
    return single(loud)


def edge(distance: Floats, softness: float) -> Floats:
    """Coverage of a shape from a signed distance in pixels: 1 inside, 0 outside, smooth in between."""
    return single(np.clip(np.float32(0.5) - distance / np.float32(softness), 0, 1))


class Scene:
    """A sky in the palette's colours, slow waves, and a sun with rings that beat with the song.

    All that is round is painted once per distance from the sun's middle and then looked up per pixel.
    """

    def __init__(self, palette: tuple[str, str, str, str, str]) -> None:
        self.colours = np.array([rgb(colour) for colour in palette], dtype=np.float32)
        self.column = np.arange(WIDTH, dtype=np.float32)
        self.row = np.arange(HEIGHT, dtype=np.float32)[:, None]
        # The sun stands in the middle, so the right half mirrors the left.
        radius = np.hypot(self.column[: WIDTH // 2] - np.float32((WIDTH - 1) / 2), self.row - np.float32(118))
        self.place = (radius * FINE).astype(np.intp)
        self.distance = single(np.arange(int(self.place.max()) + 1) / FINE)
        share = self.row / HEIGHT
        self.sky = self.colours[0] * (1 - share) + self.colours[1] * share

    def frame(self, time: float, bass: float, middle: float, treble: float) -> Frame:
        """One picture of shape (270, 480, 3); the loudness values are 0 to 1."""
        light, cover = self.sun(time, bass, treble)
        half = light.take(self.place, axis=0)
        half += self.sky[:, None, :] * (1 - cover).take(self.place)[:, :, None]
        picture = np.concatenate([half, half[:, ::-1]], axis=1)
        for layer, colour in enumerate((2, 1, 1, 0)):
            shift = time * (0.5 + 0.22 * layer) + 1.9 * layer
            top = 178 + 22 * layer + (5 + 13 * middle) * np.sin(self.column / (58 - 7 * layer) + shift)
            top += 4 * np.sin(self.column / 19 - 1.7 * shift)
            self.wave(picture, top.astype(np.float32), self.colours[colour], 0.62 + 0.1 * layer)
        # Colours are only ever blended, so none leaves 0 to 255.
        return picture.astype(np.uint8)

    def sun(self, time: float, bass: float, treble: float) -> tuple[Floats, Floats]:
        """Colour and coverage for each distance from the middle: glow, four rings, the disc and its core."""
        away = self.distance
        layers: list[tuple[Floats, int]] = [
            (np.exp(away / np.float32(-70 - 40 * bass)) * np.float32(0.35 + 0.5 * bass), 2)
        ]
        for ring in range(4):
            spread = 66 + 17 * ring + 14 * treble + 7 * np.sin(time * 0.9 + ring)
            strength = (0.2 + 0.8 * treble) * (1 - ring * 0.2)
            layers.append((edge(np.abs(away - np.float32(spread)) - np.float32(1.1), 2.0) * np.float32(strength), 3))
        layers.append((edge(away - np.float32(42 + 15 * bass), 1.6), 3))
        layers.append((edge(away - np.float32(26 + 12 * bass), 14.0), 4))
        light, cover = np.zeros((away.size, 3), dtype=np.float32), np.zeros_like(away)
        for amount, colour in layers:
            light += (self.colours[colour] - light) * amount[:, None]
            cover += (1 - cover) * amount
        return light, single(cover)

    def wave(self, picture: Floats, top: Floats, colour: Floats, weight: float) -> None:
        """Tints all that lies below an edge; only the rows that the edge crosses need a value per pixel."""
        first, full = int(top.min()) - 1, int(top.max()) + 2
        amount = edge(top - self.row[first:full], 1.6) * np.float32(weight)
        picture[first:full] += (colour - picture[first:full]) * amount[:, :, None]
        picture[full:] *= np.float32(1 - weight)
        picture[full:] += colour * np.float32(weight)


def pictures(song: Song, samples: npt.NDArray[np.int16]) -> Iterator[Frame]:
    scene = Scene(song.artists[0].palette)
    for number, (bass, middle, treble) in enumerate(levels(samples)):
        yield scene.frame(number / FRAME_RATE, float(bass), float(middle), float(treble))


def encode(song: Song, samples: npt.NDArray[np.int16], target: Path) -> None:
    """Writes the MP4. RuntimeError with ffmpeg's last lines when it fails."""
    with TemporaryDirectory() as folder:
        sound = Path(folder) / "sound.raw"
        sound.write_bytes(samples.tobytes())
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-y",
            "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FRAME_RATE), "-i", "pipe:0",
            "-f", "s16le", "-ar", str(RATE), "-ac", "2", "-i", str(sound),
            "-vf", "scale=1280:720:flags=bicubic,format=yuv420p", "-c:v", "libx264", "-preset", "ultrafast",
            "-crf", "22", "-threads", "1", "-c:a", "aac", "-aac_coder", "fast", "-b:a", "192k",
            "-flags", "+bitexact", "-fflags", "+bitexact", "-movflags", "+faststart", "-f", "mp4", str(target),
        ]  # fmt: skip
        errors = Path(folder) / "errors.txt"
        with errors.open("wb") as log, subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log) as process:
            # ffmpeg may end early: its own words, below, say why.
            if process.stdin is not None:
                with suppress(BrokenPipeError), process.stdin as pipe:
                    for picture in pictures(song, samples):
                        pipe.write(picture.data)
        if process.returncode:
            raise RuntimeError(f"ffmpeg could not write {target.name}: {errors.read_text()[-500:]}")
