"""What is known of a master once it was probed, and what every module may ask of a file without opening its media."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from catalog.ingest.errors import IngestError

# None of these opens a second file: playlists, concat scripts and image sequences are not among them.
DEMUXERS = ("wav", "w64", "flac", "mp3", "aac", "mov", "aiff", "ogg", "matroska", "caf")

SOUND_FORMATS = "WAV, FLAC, AIFF or ALAC"
PICTURE_FORMATS = "an MP4 or MOV file with H.264, HEVC or ProRes"

MAX_PICTURE_SIDE = 8_192
HEAD_BYTES = 2_048


@dataclass(frozen=True)
class MediaFacts:
    """A file that can be encoded. Width and height are 0 and `fps` is None for sound alone; `bits` is what the decoded
    sound needs: more than 16 also for floating point and for what was never whole numbers."""

    kind: Literal["audio", "video"]
    demuxer: str
    codec: str
    sample_rate: int
    channels: int
    duration_ms: int
    width: int = 0
    height: int = 0
    fps: Fraction | None = None
    bits: int = 16


def facts_from(printed: dict[str, Any]) -> MediaFacts:
    """The facts that the reader `probe` printed."""
    return MediaFacts(**{**printed, "fps": Fraction(printed["fps"]) if printed["fps"] else None})


def read_head(path: Path) -> bytes:
    """Enough bytes to know a kind of file by; fewer where there are no more."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def truncated(share: float) -> IngestError:
    """The sentence about a file of which only that share of the sound or picture is there."""
    return IngestError(
        "TRUNCATED",
        f"This file is cut off: only {max(0, min(99, int(share * 100)))} % of it arrived. "
        "Check that the original plays to its end, then upload it again.",
    )
