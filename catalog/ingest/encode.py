"""Runs the encoder over a master: one ffmpeg process, one decode, the files of all assets and the loudness."""

import logging
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import imageio_ffmpeg

from catalog.ingest.command import POSTER_FILE, Job, command_of, file_name
from catalog.ingest.errors import DISK_FULL, IngestError, IngestInterrupted
from catalog.ingest.facts import MediaFacts, truncated
from catalog.ingest.limits import hand_over, limited
from catalog.ingest.rules import AssetPlan, Quality, plan_assets

log = logging.getLogger(__name__)

# Ten times what a slow machine needs, by second of the master.
CPU_SECONDS = 120
CPU_SHARE = {"audio": 2, "video": 30}
# Others may use the machine too: an encoder that waits is not one that hangs.
WALL_SHARE = 3
MEMORY_BYTES = 6 * 1024**3
# Above what a rendition may have (rules), which the encoder is told as well.
FILE_BYTES = 1024**3
# A cut master still decodes; what is missing beyond this is not an estimate in its header.
MISSING_SHARE = 0.05
MISSING_MS = 1_000


@dataclass(frozen=True)
class EncodedAsset:
    """The files of one asset by their rungs, lowest first."""

    sound: tuple[Path, ...]
    video: tuple[Path, ...]


@dataclass(frozen=True)
class Encoded:
    """What became of a master. Loudness is None where the sound is silent throughout."""

    assets: dict[str, EncodedAsset]
    poster: Path | None
    duration_ms: int
    loudness_lufs: float | None
    true_peak_db: float | None


def encode(
    source: Path, facts: MediaFacts, folder: Path, *, wanted: Collection[str], on_progress: Callable[[int], None]
) -> Encoded:
    """Encode the assets that are `wanted` into folders below `folder`; `on_progress` gets 0 to 100, and what it raises
    stops the encoder.

    Raises IngestError for content that can't be decoded, IngestInterrupted when the machine is at fault.
    """
    source, folder = source.resolve(), folder.resolve()
    plans = plan_assets(facts, wanted)
    job = Job(os.path.relpath(source, folder), facts, plans, poster=Quality.POSTER in wanted)
    for quality in plans:
        (folder / quality).mkdir()
    hand_over(source, folder, *(folder / quality for quality in plans))
    duration_ms, report = _run(command_of(job, _ffmpeg()), facts, folder, on_progress)
    missing = facts.duration_ms - duration_ms
    if missing > MISSING_MS and missing > facts.duration_ms * MISSING_SHARE:
        raise truncated(duration_ms / facts.duration_ms)
    loudness, peak = _loudness(report)
    assets = {quality: _files(folder, quality, plan) for quality, plan in plans.items()}
    return Encoded(assets, folder / POSTER_FILE if job.poster else None, duration_ms, loudness, peak)


def _files(folder: Path, quality: str, plan: AssetPlan) -> EncodedAsset:
    sound = tuple(folder / file_name(quality, sound.name) for sound in plan.sound)
    return EncodedAsset(sound, tuple(folder / file_name(quality, rung.name) for rung in plan.video))


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
        return IngestInterrupted("DISK_FULL", DISK_FULL)
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
