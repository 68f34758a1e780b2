"""Reads where the fragments of a fragmented MP4 file lie and how long they last (ISO/IEC 14496-12)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_DEFAULT_DURATION = 0x08
_SAMPLE_DURATION = 0x100
SOUND_CODECS = {b"mp4a": "mp4a.40.2", b"fLaC": "fLaC"}
AAC_FRAME = 1_024
MAX_INDEX_BYTES = 64_000_000


@dataclass(frozen=True)
class Fragment:
    """A moof and its mdat: `duration` in units of the file's timescale."""

    offset: int
    size: int
    start: int
    duration: int
    samples: int


@dataclass(frozen=True)
class FragmentedFile:
    """One track. Bytes 0 to `init_size` are what a player reads first; the fragments follow without a gap.

    `delay` samples before the sound and `padding` after it came with the encoding; both are 0 for a picture.
    """

    name: str
    size: int
    init_size: int
    timescale: int
    codec: str
    width: int
    height: int
    fragments: tuple[Fragment, ...]
    delay: int = 0
    padding: int = 0

    @property
    def duration(self) -> int:
        return sum(fragment.duration for fragment in self.fragments)

    @property
    def frame_rate(self) -> float:
        return sum(fragment.samples for fragment in self.fragments) * self.timescale / self.duration


def read_fragmented(path: Path) -> FragmentedFile:
    """The layout of a file that our encoder wrote. Raises ValueError for any other."""
    size = path.stat().st_size
    fragments: list[Fragment] = []
    moov = moof = b""
    start = 0
    with path.open("rb") as file:
        for kind, offset, length in _top_level(file, size):
            if kind == b"moov":
                moov = _body(file, offset, length)
            elif kind == b"moof":
                moof, start = _body(file, offset, length), offset
            elif kind == b"mdat":
                fragments.append(_fragment(moof, moov, start, offset + length))
    if not moov or not fragments or fragments[-1].offset + fragments[-1].size != size:
        raise ValueError(f"{path.name} is not a fragmented MP4 file of ours")
    codec, width, height = _sample_entry(moov)
    delay, padding = (0, 0) if width else (_delay(moov), _padding(codec, fragments))
    return FragmentedFile(
        path.name, size, fragments[0].offset, _timescale(moov), codec, width, height, tuple(fragments), delay, padding
    )


def is_encrypted(path: Path) -> bool:
    """Whether an MP4 file says that its tracks are protected (common encryption, FairPlay); False for other files."""
    try:
        with path.open("rb") as file:
            for kind, offset, length in _top_level(file, path.stat().st_size):
                if kind in (b"moov", b"moof") and length <= MAX_INDEX_BYTES:
                    body = _body(file, offset, length)
                    return b"sinf" in body and b"schm" in body
    except (ValueError, struct.error):
        pass
    return False


def _top_level(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    offset = 0
    while offset < size:
        file.seek(offset)
        length, kind = struct.unpack(">I4s", file.read(8))
        if length == 1:
            (length,) = struct.unpack(">Q", file.read(8))
        if length < 8:
            raise ValueError("a box without a size")
        yield kind, offset, length
        offset += length


def _body(file: BinaryIO, offset: int, length: int) -> bytes:
    file.seek(offset + 8)
    return file.read(length - 8)


def _child(body: bytes, *path: bytes) -> bytes:
    """The body of the first box at `path`; empty when there is none."""
    for wanted in path:
        offset, found = 0, b""
        while offset + 8 <= len(body):
            length, kind = struct.unpack_from(">I4s", body, offset)
            if kind == wanted:
                found = body[offset + 8 : offset + length]
                break
            offset += max(8, length)
        body = found
    return body


def _timescale(moov: bytes) -> int:
    header = _child(moov, b"trak", b"mdia", b"mdhd")
    (timescale,) = struct.unpack_from(">I", header, 20 if header[0] else 12)
    return int(timescale)


def _sample_entry(moov: bytes) -> tuple[str, int, int]:
    """The codec as RFC 6381 writes it, width and height (0 for sound)."""
    table = _child(moov, b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    kind = table[12:16]
    if kind in SOUND_CODECS:
        return SOUND_CODECS[kind], 0, 0
    if kind != b"avc1":
        raise ValueError(f"a sample entry that we do not write: {kind!r}")
    width, height = struct.unpack_from(">HH", table, 40)
    parameters = _child(table[94:], b"avcC")
    return f"avc1.{parameters[1:4].hex()}", width, height


def _delay(moov: bytes) -> int:
    """Samples before the sound: where the first edit begins in the media (§8.6.6)."""
    edits = _child(moov, b"trak", b"edts", b"elst")
    if len(edits) < 16:
        return 0
    (begins,) = struct.unpack_from(">q", edits, 16) if edits[0] else struct.unpack_from(">i", edits, 12)
    return max(0, int(begins))


def _padding(codec: str, fragments: list[Fragment]) -> int:
    """The encoder says with the duration of the last frame where the sound ends in it."""
    if codec != SOUND_CODECS[b"mp4a"]:
        return 0
    frames = sum(fragment.samples for fragment in fragments)
    return max(0, frames * AAC_FRAME - sum(fragment.duration for fragment in fragments))


def _fragment(moof: bytes, moov: bytes, start: int, end: int) -> Fragment:
    track = _child(moof, b"traf")
    decode_time = _child(track, b"tfdt")
    (first,) = struct.unpack_from(">Q" if decode_time[0] else ">I", decode_time, 4)
    samples, duration = _run_duration(_child(track, b"trun"), _default_duration(track, moov))
    return Fragment(start, end - start, first, duration, samples)


def _default_duration(track: bytes, moov: bytes) -> int:
    header = _child(track, b"tfhd")
    flags = int.from_bytes(header[1:4])
    if flags & _DEFAULT_DURATION:
        (duration,) = struct.unpack_from(">I", header, 8 + 8 * (flags & 1) + 4 * (flags >> 1 & 1))
    else:
        (duration,) = struct.unpack_from(">I", _child(moov, b"mvex", b"trex"), 12)
    return int(duration)


def _run_duration(run: bytes, default: int) -> tuple[int, int]:
    """How many samples a track run has, and their durations together."""
    flags = int.from_bytes(run[1:4])
    (samples,) = struct.unpack_from(">I", run, 4)
    if not flags & _SAMPLE_DURATION:
        return samples, samples * default
    offset = 8 + 4 * (flags & 1) + 4 * (flags >> 2 & 1)
    # Each sample has one word per flag of the second byte; the duration comes first.
    words = (flags >> 8 & 0xF).bit_count()
    durations = struct.unpack_from(f">{samples * words}I", run, offset)[::words]
    return samples, sum(durations)
