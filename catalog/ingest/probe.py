"""What a master holds, read with PyAV under a whitelist of demuxers that reach nothing but the file itself.

`python -m catalog.ingest.probe FILE` is a reader (see `readers`): it prints the facts, or [code, sentence].
Other modules import `facts` alone: only the reader has to hold PyAV.
"""

import importlib
import json
import pkgutil
import sys
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import av

from catalog.ingest.boxes import is_encrypted
from catalog.ingest.errors import IngestError
from catalog.ingest.facts import (
    DEMUXERS,
    MAX_PICTURE_SIDE,
    PICTURE_FORMATS,
    SOUND_FORMATS,
    MediaFacts,
    read_head,
    truncated,
)
from catalog.ingest.limits import enter_cage
from catalog.ingest.sniff import describe

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

SOUND_CODECS = ("pcm_", "flac", "alac", "mp3", "aac", "vorbis", "opus")
PICTURE_CODECS = ("h264", "hevc", "prores", "vp8", "vp9", "av1", "libdav1d", "mpeg4", "mpeg2video", "dnxhd", "mjpeg")

MIN_DURATION_MS = 1_000
MAX_SOUND_MS = 6 * 3_600_000
MAX_VIDEO_MS = 2 * 3_600_000
MAX_CHANNELS = 8
MIN_PICTURE_SIDE = 16
OPEN_SECONDS = 20.0


def probe(path: Path) -> MediaFacts:
    """The facts of a media file. Raises IngestError with a sentence for the editor where it can't be used."""
    if path.stat().st_size == 0:
        raise IngestError("EMPTY_FILE", "This file is empty. Export it again and upload the new file.")
    head = read_head(path)
    looks_like = describe(head)
    if looks_like is not None:
        raise _not_media(looks_like)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(DEMUXERS),
        # Opening a file decodes the covers inside it, and a megabyte of PNG can unfold into a gigabyte.
        "max_pixels": str(MAX_PICTURE_SIDE**2),
    }
    try:
        with av.open(f"file:{path}", mode="r", options=options, timeout=OPEN_SECONDS) as container:
            return _read_facts(container, path)
    except av.FFmpegError as error:
        raise _unreadable(head) from error


def _read_facts(container: "InputContainer", path: Path) -> MediaFacts:
    sound = next(iter(container.streams.audio), None)
    picture = _picture(container)
    if sound is None:
        raise IngestError(
            "NO_SOUND",
            "This file has no sound. Export it with its sound and upload it again."
            if picture is not None
            else f"This file holds neither sound nor video. Upload the master as {SOUND_FORMATS}.",
        )
    _check_readable(path)
    _check_codecs(sound, picture)
    _check_whole(path)
    facts = MediaFacts(
        kind="audio" if picture is None else "video",
        demuxer=container.format.name.partition(",")[0],
        codec=sound.codec_context.name if picture is None else picture.codec_context.name,
        sample_rate=sound.rate or 0,
        channels=sound.channels,
        duration_ms=_duration_ms(container, sound),
        width=picture.width if picture is not None else 0,
        height=picture.height if picture is not None else 0,
        fps=_fps(picture) if picture is not None else None,
        bits=sound.format.bits,
    )
    _check_limits(facts)
    _decode_first(container, sound, picture)
    return facts


def _picture(container: "InputContainer") -> "VideoStream | None":
    """The first moving picture; the cover inside a song is a stream too, but no video."""
    attached = av.stream.Disposition.attached_pic
    return next((stream for stream in container.streams.video if not stream.disposition & attached), None)


def _fps(picture: "VideoStream") -> Fraction:
    return picture.average_rate or picture.guessed_rate or picture.base_rate or Fraction(25)


def _duration_ms(container: "InputContainer", sound: "AudioStream") -> int:
    if container.duration:
        return int(container.duration // 1_000)
    if sound.duration and sound.time_base:
        return int(sound.duration * sound.time_base * 1_000)
    # Neither header tells: a recorder that was cut off, for one. The packets do.
    end = max(
        ((packet.pts or 0) + (packet.duration or 0) for packet in container.demux(sound) if packet.pts is not None),
        default=0,
    )
    container.seek(0)
    return int(end * (sound.time_base or 0) * 1_000)


def _check_codecs(sound: "AudioStream", picture: "VideoStream | None") -> None:
    codec = sound.codec_context.name
    if not codec.startswith(SOUND_CODECS):
        raise IngestError(
            "UNSUPPORTED_CODEC", f"The sound is encoded as {codec}, which we do not take. Upload {SOUND_FORMATS}."
        )
    if picture is not None and not picture.codec_context.name.startswith(PICTURE_CODECS):
        raise IngestError(
            "UNSUPPORTED_CODEC",
            f"The picture is encoded as {picture.codec_context.name}, which we do not take. Upload {PICTURE_FORMATS}.",
        )


def _check_readable(path: Path) -> None:
    """Encrypted sound decodes to noise or to errors, and neither says why."""
    if is_encrypted(path):
        raise IngestError(
            "ENCRYPTED",
            "This file is encrypted (copy-protected), so it can't be decoded. "
            "Export the original without protection and upload that.",
        )


def _check_limits(facts: MediaFacts) -> None:
    if facts.duration_ms < MIN_DURATION_MS:
        raise IngestError("TOO_SHORT", "This file holds less than a second of sound. Check the export and try again.")
    longest = MAX_SOUND_MS if facts.kind == "audio" else MAX_VIDEO_MS
    if facts.duration_ms > longest:
        raise IngestError(
            "TOO_LONG",
            f"This file lasts {facts.duration_ms // 60_000} minutes; at most {longest // 60_000} are taken. "
            "Split it and upload the parts.",
        )
    if facts.channels < 1 or facts.channels > MAX_CHANNELS or facts.sample_rate < 8_000:
        raise IngestError(
            "UNSUPPORTED_SOUND",
            f"The sound has {facts.channels} channels at {facts.sample_rate} Hz. Upload stereo at 44.1 kHz or more.",
        )
    sides = (facts.width, facts.height)
    if facts.kind == "video" and (max(sides) > MAX_PICTURE_SIDE or min(sides) < MIN_PICTURE_SIDE):
        raise IngestError(
            "UNSUPPORTED_PICTURE",
            f"The picture measures {facts.width} × {facts.height}. Upload one between 640 × 360 and 3840 × 2160.",
        )


def _check_whole(path: Path) -> None:
    """A WAV that says how long it should be and isn't was cut on its way; every player would stop early in silence."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return
        declared = int.from_bytes(file.read(4), "little") + 8
    # A recorder that streams writes the greatest number, or none.
    if size < declared < 0xFFFFFF00:
        raise truncated(size / declared)


def _decode_first(container: "InputContainer", sound: "AudioStream", picture: "VideoStream | None") -> None:
    """Decode one frame of each stream: a whole header over damaged content is found out before the long work."""
    for stream in (sound, picture):
        container.seek(0)
        if stream is not None and next(iter(container.decode(stream)), None) is None:
            raise IngestError(
                "CORRUPT", "This file has a header but no content that can be decoded. Export it again and upload it."
            )


def _not_media(looks_like: str) -> IngestError:
    return IngestError(
        "NOT_MEDIA",
        f"This file is not audio or video (it looks like {looks_like}). "
        f"Upload the master as {SOUND_FORMATS}; a video as MP4 or MOV.",
    )


def _unreadable(head: bytes) -> IngestError:
    known = (b"RIFF", b"fLaC", b"FORM", b"OggS", b"ID3", b"\x1aE\xdf\xa3", b"caff")
    if head.startswith(known) or head[4:8] in (b"ftyp", b"moov", b"mdat"):
        return IngestError(
            "CORRUPT",
            "This file begins like audio or video but can't be read: it is damaged or cut off. "
            "Check that the original plays to its end, then upload it again.",
        )
    return IngestError(
        "NOT_MEDIA",
        f"This file is not audio or video that we know. Upload the master as {SOUND_FORMATS}; a video as MP4 or MOV.",
    )


def load_libraries() -> None:
    """All of PyAV, which loads parts of itself at first need: then they are out of reach."""
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name not in ("av.__main__", "av.datasets"):
            importlib.import_module(module.name)


def main() -> None:
    load_libraries()
    enter_cage()
    try:
        facts = probe(Path(sys.argv[1]))
    except IngestError as error:
        print(json.dumps([error.code, error.message]))
    else:
        print(json.dumps({**asdict(facts), "fps": str(facts.fps) if facts.fps else None}))


if __name__ == "__main__":
    main()
