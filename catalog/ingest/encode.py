"""Encodes a master into the files of an asset: one ffmpeg process, one decode, all renditions and the loudness."""

import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from catalog.ingest.errors import IngestError, IngestInterrupted
from catalog.ingest.limits import limited
from catalog.ingest.probe import DEMUXERS, MAX_PICTURE_SIDE, MediaFacts, truncated

log = logging.getLogger(__name__)

SOUND_RATES = {"a64": 64, "a96": 96, "a160": 160}
VIDEO_SOUND_RATES = {"a96": 96, "a160": 160}
SAMPLE_RATE = 44_100
# 43 AAC frames of 1,024 samples are 0.998 s: the frame after which a fragment reaches this is the same in every rung.
FRAGMENT_MICROSECONDS = 985_000

MAX_FPS = 30
STANDARD_RATES = (Fraction(24_000, 1001), Fraction(24), Fraction(25), Fraction(30_000, 1001), Fraction(30))

# Ten times what a slow machine needs, by second of the master.
CPU_SECONDS = 120
CPU_SHARE = {"audio": 2, "video": 20}
# Others may use the machine too: an encoder that waits is not one that hangs.
WALL_SHARE = 3
MEMORY_BYTES = 6 * 1024**3
FILE_BYTES = 4 * 1024**3
# A cut master still decodes; what is missing beyond this is not an estimate in its header.
MISSING_SHARE = 0.05
MISSING_MS = 1_000

_FRAGMENTED = ("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact", "-f", "mp4")
_MOVFLAGS = "cmaf+delay_moov+default_base_moof+skip_sidx+skip_trailer"


@dataclass(frozen=True)
class VideoRung:
    name: str
    lines: int
    quality: int
    max_kbps: int


RUNGS = (VideoRung("v360", 360, 23, 900), VideoRung("v720", 720, 22, 3_000))


@dataclass(frozen=True)
class Encoded:
    """The files by rung (`a64`, `v360`), lowest first. Loudness is None where the sound is silent throughout."""

    sound: dict[str, Path]
    video: dict[str, Path]
    duration_ms: int
    loudness_lufs: float | None
    true_peak_db: float | None


def encode(source: Path, facts: MediaFacts, folder: Path, *, on_progress: Callable[[int], None]) -> Encoded:
    """Encode into `folder`; `on_progress` gets 0 to 100, and what it raises stops the encoder.

    Raises IngestError for content that can't be decoded, IngestInterrupted when the machine is at fault.
    """
    source, folder = source.resolve(), folder.resolve()
    names = SOUND_RATES if facts.kind == "audio" else VIDEO_SOUND_RATES
    sound = {name: folder / f"{name}.mp4" for name in names}
    video = {rung.name: folder / f"{rung.name}.mp4" for rung in _rungs(facts)} if facts.kind == "video" else {}
    duration_ms, report = _run(_command(source, facts, sound, video), facts, folder, on_progress)
    missing = facts.duration_ms - duration_ms
    if missing > MISSING_MS and missing > facts.duration_ms * MISSING_SHARE:
        raise truncated(duration_ms / facts.duration_ms)
    loudness, peak = _loudness(report)
    return Encoded(sound, video, duration_ms, loudness, peak)


def frame_rate(source: Fraction) -> Fraction:
    """The constant frame rate for a source's average one: a standard rate where it is near, never above 30."""
    rate = source
    while rate > MAX_FPS * Fraction(101, 100):
        rate /= 2
    near = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    if abs(near - rate) < near / 100:
        return near
    return Fraction(max(1, round(rate)))


def _rungs(facts: MediaFacts) -> list[VideoRung]:
    """The lowest rung always, and each further one that shows more than the rung before it."""
    short_side = min(facts.width, facts.height)
    return [rung for index, rung in enumerate(RUNGS) if index == 0 or short_side > RUNGS[index - 1].lines]


def _command(source: Path, facts: MediaFacts, sound: dict[str, Path], video: dict[str, Path]) -> list[str]:
    command = [_ffmpeg(), "-nostdin", "-hide_banner", "-nostats", "-y", "-progress", "pipe:1", "-stats_period", "0.3"]
    command += ["-protocol_whitelist", "file", "-format_whitelist", ",".join(DEMUXERS), "-f", facts.demuxer]
    command += ["-max_pixels", str(MAX_PICTURE_SIDE**2)]
    command += ["-max_error_rate", "0.05", "-i", f"file:{source}", "-filter_complex", _filters(facts, sound, video)]
    rates = SOUND_RATES | VIDEO_SOUND_RATES
    for name, path in sound.items():
        command += ["-map", f"[{name}]", "-c:a", "aac", "-b:a", f"{rates[name]}k", "-flags:a", "+bitexact"]
        command += [*_FRAGMENTED, "-movflags", _MOVFLAGS, "-frag_duration", str(FRAGMENT_MICROSECONDS), f"file:{path}"]
    for rung in RUNGS:
        if rung.name in video:
            command += _video_output(rung, facts, video[rung.name])
    return [*command, "-map", "[measured]", "-f", "null", "-"]


def _filters(facts: MediaFacts, sound: dict[str, Path], video: dict[str, Path]) -> str:
    outputs = "".join(f"[{name}]" for name in sound)
    chain = (
        f"[0:a:0]aresample={SAMPLE_RATE}:first_pts=0,aformat=sample_fmts=fltp:channel_layouts=stereo,"
        f"asplit={len(sound) + 1}{outputs}[loud];[loud]ebur128=peak=true:framelog=quiet[measured]"
    )
    if not video:
        return chain
    fps = frame_rate(facts.fps or Fraction(25))
    # Square pixels first, then the short side to the rung's lines, never up, and even sides as 4:2:0 needs.
    square = "scale=w='trunc(iw*sar/2)*2':h='trunc(ih/2)*2',setsar=1"
    chain += f";[0:v:0]fps={fps.numerator}/{fps.denominator}:start_time=0,{square},split={len(video)}"
    chain += "".join(f"[s{name}]" for name in video)
    for rung in RUNGS:
        if rung.name in video:
            short = f"min({rung.lines},min(iw,ih))"
            chain += (
                f";[s{rung.name}]scale=w='if(gt(iw,ih),-2,trunc({short}/2)*2)':h='if(gt(iw,ih),trunc({short}/2)*2,-2)'"
                f":flags=bicubic,setsar=1,format=yuv420p[{rung.name}]"
            )
    return chain


def _video_output(rung: VideoRung, facts: MediaFacts, path: Path) -> list[str]:
    """Closed groups of one second, all rungs cut at the same frames; no edit list, so that sound and picture agree."""
    group = str(round(frame_rate(facts.fps or Fraction(25))))
    output = ["-map", f"[{rung.name}]", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high"]
    output += ["-crf", str(rung.quality), "-maxrate", f"{rung.max_kbps}k", "-bufsize", f"{rung.max_kbps * 2}k"]
    output += ["-g", group, "-keyint_min", group, "-sc_threshold", "0", "-flags:v", "+cgop+bitexact", *_FRAGMENTED]
    flags = f"{_MOVFLAGS}+frag_keyframe+negative_cts_offsets"
    return [*output, "-movflags", flags, "-use_editlist", "0", f"file:{path}"]


def _ffmpeg() -> str:
    return os.environ.get("FFMPEG") or imageio_ffmpeg.get_ffmpeg_exe()


def _run(command: list[str], facts: MediaFacts, folder: Path, on_progress: Callable[[int], None]) -> tuple[int, str]:
    """Run ffmpeg to its end; the duration that it decoded in milliseconds, and what it printed."""
    allowed = CPU_SECONDS + facts.duration_ms * CPU_SHARE[facts.kind] // 1_000
    log_path = folder / "encoder.log"
    command = limited(command, cpu_seconds=allowed, file_bytes=FILE_BYTES, memory_bytes=MEMORY_BYTES)
    decoded_ms = 0
    with log_path.open("wb") as stderr, _process(command, folder, stderr, allowed * WALL_SHARE) as process:
        for reached_ms in _positions(process):
            decoded_ms = reached_ms
            on_progress(min(99, reached_ms * 100 // facts.duration_ms))
        status = process.wait()
    report = log_path.read_text(errors="replace")
    log_path.unlink()
    if status != 0:
        raise _failure(status, report)
    on_progress(100)
    return decoded_ms, report


@contextmanager
def _process(command: list[str], folder: Path, stderr: IO[bytes], timeout: int) -> Iterator["subprocess.Popen[str]"]:
    """The running encoder, without our secrets; killed after `timeout` seconds and when the block is left early."""
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    ) as process:
        deadline = threading.Timer(timeout, process.kill)
        deadline.start()
        try:
            yield process
        finally:
            deadline.cancel()
            process.kill()


def _positions(process: "subprocess.Popen[str]") -> Iterator[int]:
    """Milliseconds encoded so far, from ffmpeg's progress lines."""
    for line in process.stdout or ():
        name, _, value = line.strip().partition("=")
        if name == "out_time_us" and value.isdigit():
            yield int(value) // 1_000


def _failure(status: int, report: str) -> IngestError | IngestInterrupted:
    log.warning("the encoder failed", extra={"status": status, "report": report[-2_000:]})
    if "No space left on device" in report:
        return IngestInterrupted("DISK_FULL", "The worker's disk is full; the job is tried again.")
    if "Cannot allocate memory" in report:
        return IngestInterrupted("OUT_OF_MEMORY", "The worker was out of memory; the job is tried again.")
    # ffmpeg turns the signal into a message and an ordinary status.
    if status == -signal.SIGXCPU or f"received signal {signal.SIGXCPU:d}" in report:
        return IngestError(
            "TOO_SLOW",
            "This file takes far longer to encode than one of its length should. "
            "Export it again with ordinary settings and upload the new file.",
        )
    if status < 0:
        return IngestInterrupted("ENCODER_STOPPED", "The encoder was stopped before its end; the job is tried again.")
    return IngestError(
        "CORRUPT",
        "The content of this file can't be decoded: it is damaged. "
        "Check that the original plays to its end, export it again and upload the new file.",
    )


def _loudness(report: str) -> tuple[float | None, float | None]:
    """Integrated loudness in LUFS and true peak in dBTP from the summary of ffmpeg's EBU R128 filter."""
    summary = report[report.rfind("Summary:") :]
    loudness = re.search(r"I:\s+(-?[\d.]+) LUFS", summary)
    peak = re.search(r"Peak:\s+(-?[\d.]+) dBFS", summary)
    # Silence is below the gate of the measurement: it reads -70 LUFS and no peak.
    if loudness is None or peak is None or float(loudness[1]) <= -70:
        return None, None
    return float(loudness[1]), float(peak[1])
