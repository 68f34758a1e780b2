"""Writes the HLS playlists of an asset from the layout of its files (RFC 8216; Apple's authoring rules)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from catalog.ingest.boxes import Fragment, FragmentedFile

VERSION = 7
# The same for sound and picture, as Apple asks.
TARGET_SECONDS = 6
# Fragments per listed segment: a player starts after one second, and later asks six times less often.
FIRST_GROUPS = (1, 1, 2, 2)
GROUP = 6
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Segment:
    """What one entry of a media playlist says; times in microseconds."""

    offset: int
    size: int
    start_us: int
    duration_us: int


def segments_of(file: FragmentedFile) -> list[Segment]:
    """The fragments as they are listed: 1, 1, 2, 2 and then 6 together. Offsets and times have no gap.

    A rest that the segment before it can take without passing the target duration is not listed alone.
    """
    groups: list[list[Fragment]] = []
    index = 0
    while index < len(file.fragments):
        length = FIRST_GROUPS[len(groups)] if len(groups) < len(FIRST_GROUPS) else GROUP
        groups.append(list(file.fragments[index : index + length]))
        index += length
    if len(groups) > len(FIRST_GROUPS) + 1:
        together = sum(fragment.duration for fragment in groups[-2] + groups[-1])
        if together * 2 < (2 * TARGET_SECONDS + 1) * file.timescale:
            groups[-2:] = [groups[-2] + groups[-1]]
    return _segments(groups, file.timescale)


def _segments(groups: list[list[Fragment]], timescale: int) -> list[Segment]:
    # Moments are rounded, not durations, so that errors don't add up over a long file.
    moments, ticks = [0], 0
    for group in groups:
        ticks += sum(fragment.duration for fragment in group)
        moments.append(round(ticks * MICROSECONDS / timescale))
    return [
        Segment(group[0].offset, sum(fragment.size for fragment in group), start, end - start)
        for group, (start, end) in zip(groups, pairwise(moments), strict=True)
    ]


def media_playlist(file: FragmentedFile) -> str:
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{TARGET_SECONDS}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{file.name}",BYTERANGE="{file.init_size}@0"',
    ]
    for segment in segments_of(file):
        seconds, rest = divmod(segment.duration_us, MICROSECONDS)
        lines += [f"#EXTINF:{seconds}.{rest:06d},", f"#EXT-X-BYTERANGE:{segment.size}@{segment.offset}", file.name]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def average_bandwidth(file: FragmentedFile) -> int:
    """Bits per second over the whole file."""
    return _ceiling(sum(fragment.size for fragment in file.fragments) * 8 * file.timescale, file.duration)


def peak_bandwidth(file: FragmentedFile) -> int:
    """The largest bit rate of neighbouring segments that last 0.5 to 1.5 target durations together (RFC 8216)."""
    segments = segments_of(file)
    shortest, longest = TARGET_SECONDS * MICROSECONDS // 2, TARGET_SECONDS * MICROSECONDS * 3 // 2
    peak = average_bandwidth(file)
    for first in range(len(segments)):
        size = duration = 0
        for segment in segments[first:]:
            size, duration = size + segment.size, duration + segment.duration_us
            if duration > longest:
                break
            if duration >= shortest:
                peak = max(peak, _ceiling(size * 8 * MICROSECONDS, duration))
    return peak


def _ceiling(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def playlist_name(file: FragmentedFile) -> str:
    return file.name.removesuffix(".mp4") + ".m3u8"


def sound_multivariant(files: Iterable[FragmentedFile]) -> str:
    """The playlist that a player opens first, of sound alone; the lowest rung first, so that it starts at once."""
    lines = _head()
    for file in files:
        lines.append(f'{_stream(peak_bandwidth(file), average_bandwidth(file))},CODECS="{file.codec}"')
        lines.append(playlist_name(file))
    return "\n".join([*lines, ""])


def video_multivariant(video: list[FragmentedFile], sound: list[FragmentedFile]) -> str:
    """The playlist that a player opens first, of pictures with the sound apart: better picture, better sound.

    The second rung is listed first, where Apple's players begin: the lowest one is for networks that carry no more.
    """
    lines = _head()
    for file in sound:
        group = f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{_group(file)}",NAME="Main",DEFAULT=YES,AUTOSELECT=YES'
        lines.append(f'{group},CHANNELS="2",URI="{playlist_name(file)}"')
    pairs = [(file, sound[min(index, len(sound) - 1)]) for index, file in enumerate(video)]
    for file, companion in [*pairs[1:2], *pairs[:1], *pairs[2:]]:
        peak = peak_bandwidth(file) + peak_bandwidth(companion)
        stream = _stream(peak, average_bandwidth(file) + average_bandwidth(companion))
        picture = f"RESOLUTION={file.width}x{file.height},FRAME-RATE={file.frame_rate:.3f}"
        lines.append(f'{stream},CODECS="{file.codec},{companion.codec}",{picture},AUDIO="{_group(companion)}"')
        lines.append(playlist_name(file))
    return "\n".join([*lines, ""])


def _stream(peak: int, average: int) -> str:
    return f"#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}"


def _head() -> list[str]:
    return ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]


def _group(file: FragmentedFile) -> str:
    return file.name.removesuffix(".mp4")
