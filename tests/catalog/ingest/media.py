"""Small media files for the ingest tests, made here so that none is kept in the repository."""

import struct
import wave
import zlib
from fractions import Fraction

import av
import numpy as np
from PIL import Image

RATE = 44_100


def tone(path, seconds, *, hertz=440.0, rate=RATE, gain=0.3):
    """A WAV of a stereo tone with some noise, so that an encoder has work to do."""
    moments = np.arange(int(rate * seconds)) / rate
    noise = np.random.default_rng(1).normal(0, 0.02, moments.size)
    left = gain * np.sin(2 * np.pi * hertz * moments) + noise * gain
    samples = (np.stack([left, left * 0.8], axis=1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def sound(path, codec, *, seconds=2, rate=RATE, layout="stereo", sample_format=None, metadata=None):
    """A tone in any format, layout and depth that ffmpeg writes."""
    with av.open(str(path), "w") as written:
        written.metadata.update(metadata or {})
        stream = written.add_stream(
            codec,
            rate=rate,
            layout=layout,
            options={"strict": "experimental"},
            **({"format": sample_format} if sample_format else {}),
        )
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size or 1_024
        )
        moments = np.arange(int(rate * seconds)) / rate
        block = np.tile((0.3 * np.sin(2 * np.pi * 440 * moments)).astype(np.float32), (2, 1))
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = rate, 0
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            written.mux(stream.encode(ready))
    return path


STEP_HERTZ = 200


def steps(path, seconds):
    """A second of each pitch, each 200 Hz above the one before, as WAV."""
    moments = np.arange(RATE) / RATE
    tones = [0.3 * np.sin(2 * np.pi * (STEP_HERTZ * (step + 1)) * moments) for step in range(seconds)]
    samples = (np.concatenate(tones) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def pitches(path):
    """Which step is heard in the middle of each second."""
    with av.open(str(path)) as file:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    found = []
    for second in range(round(heard.size / RATE)):
        middle = heard[second * RATE + RATE // 4 : second * RATE + 3 * RATE // 4]
        hertz = np.argmax(np.abs(np.fft.rfft(middle))) * RATE / middle.size
        found.append(round(hertz / STEP_HERTZ) - 1)
    return found


def convert(source, path, codec):
    """The same sound in another format."""
    with av.open(str(source)) as read, av.open(str(path), "w") as written:
        stream = written.add_stream(codec, rate=read.streams.audio[0].rate)
        for frame in read.decode(audio=0):
            written.mux(stream.encode(frame))
        written.mux(stream.encode(None))
    return path


def with_cover(source, path, png):
    """The FLAC file with one more picture inside."""
    flac = source.read_bytes()
    # The stream's own block is the first, and must not be the last.
    end = 8 + int.from_bytes(flac[5:8])
    block = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">6I", 0, 0, 0, 0, 0, len(png)) + png
    head = b"fLaC" + bytes([flac[4] & 0x7F]) + flac[5:end]
    last = flac[4] & 0x80
    path.write_bytes(head + bytes([last | 6]) + len(block).to_bytes(3) + block + flac[end:])
    return path


def png_bomb(side):
    """A black PNG of a few kilobytes that unfolds into side × side bytes."""
    packer = zlib.compressobj(9)
    row = bytes(1 + side)
    packed = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def film(path, seconds, *, width=854, height=480, fps=Fraction(25), sound=True, noise=False, dark_seconds=0):
    """An MP4 with a moving gradient, or noise, and, unless told otherwise, a tone."""
    with av.open(str(path), "w") as written:
        picture = written.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "30"})
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        voice = written.add_stream("aac", rate=RATE) if sound else None
        ramp = np.linspace(0, 255, width, dtype=np.uint8)
        random = np.random.default_rng(2)
        for index in range(int(seconds * fps)):
            row = np.roll(ramp, index * 7)
            image = np.repeat(np.repeat(row[None, :, None], height, axis=0), 3, axis=2)
            if index < dark_seconds * fps:
                image = np.zeros_like(image)
            if noise:
                image = image ^ random.integers(0, 64, (height, width, 1), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, 1 / fps
            written.mux(picture.encode(frame))
        written.mux(picture.encode(None))
        if voice is not None:
            _sing(written, voice, seconds)
    return path


def _sing(written, voice, seconds):
    moments = np.arange(int(RATE * seconds)) / RATE
    samples = (0.3 * np.sin(2 * np.pi * 330 * moments)).astype(np.float32)
    for start in range(0, samples.size, 1024):
        block = np.tile(samples[start : start + 1024], (2, 1))
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, start
        written.mux(voice.encode(frame))
    written.mux(voice.encode(None))


def picture(path, width=1_600, height=1_600, *, color=(200, 40, 60), mode="RGB"):
    Image.new("RGB", (width, height), color).convert(mode).save(path)
    return path
