"""Ingest of sound: seconds of music that one core makes into the asset `standard`, against bare ffmpeg doing the same
three encodes; and the memory that a file of two hours takes.

Cores are counted by CPU time, of Python and ffmpeg together, so that a busy machine changes little. Ours also probes,
measures loudness and true peak, and writes playlists. ARGS: `seconds=N` of music a turn, `turns=N`, `minutes=N` of the
long file.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

RATE = 44_100
LIMITS = {"ratio": 0.85, "peak_mb": 300}
KBPS = (64, 96, 160)


def run(args: list[str]) -> tuple[dict[str, Any], list[str]]:
    options = {"seconds": 60, "turns": 5, "minutes": 120}
    options |= {name: int(value) for name, _, value in (arg.partition("=") for arg in args)}
    _set_up()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The encoder may be somebody else, who needs no more than the way.
        folder.chmod(0o711)
        song = _music(folder / "song.wav", seconds=options["seconds"])
        result = _speed(song, folder, options["turns"])
        long = _music(folder / "long.wav", seconds=options["minutes"] * 60, loud_seconds=60)
        result |= _weigh(long)
    missed = []
    if result["ratio"] < LIMITS["ratio"]:
        missed.append(f"ratio is {result['ratio']}, the limit is {LIMITS['ratio']}")
    if result["peak_mb"] > LIMITS["peak_mb"]:
        missed.append(f"peak_mb is {result['peak_mb']}, the limit is {LIMITS['peak_mb']}")
    return result, missed


def _set_up() -> None:
    """Settings that name no server: none is asked."""
    import django

    from scripts.verify import django_environment

    os.environ.update(django_environment())
    django.setup()


def _music(path: Path, *, seconds: int, loud_seconds: int | None = None) -> Path:
    """Chords, a beat and hiss, as WAV; after `loud_seconds` only silence, which is quicker to encode."""
    import numpy as np

    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        for second in range(seconds):
            if loud_seconds is not None and second >= loud_seconds:
                file.writeframes(bytes(RATE * 4))
                continue
            random = np.random.default_rng(second)
            moments = second + np.arange(RATE) / RATE
            chord = sum(0.1 * np.sin(2 * np.pi * hertz * moments) for hertz in (110, 220, 330, 440, 554, 880))
            beat = (np.sin(2 * np.pi * 2 * moments) > 0.8) * random.normal(0, 0.08, RATE)
            left, right = chord + beat, chord * 0.8 + beat + random.normal(0, 0.01, RATE)
            samples = np.clip(np.stack([left, right], axis=1), -1, 1) * 32_767
            file.writeframes(samples.astype("<i2").tobytes())
    return path


def _speed(song: Path, folder: Path, turns: int) -> dict[str, Any]:
    """In turn, several times, so that whatever else the machine does falls on all of them."""
    seconds = song.stat().st_size / (RATE * 4)
    rates: dict[str, list[float]] = {"ours": [], "bare": [], "all": []}
    for turn in range(turns):
        rates["bare"].append(seconds / _cpu_of(lambda: _bare(song, folder)))
        rates["ours"].append(seconds / _cpu_of(lambda: _package(song, ["standard"])))
        rates["all"].append(seconds / _cpu_of(lambda: _package(song, ["preview", "standard", "high"])))
        print(
            f"turn {turn + 1}: " + ", ".join(f"{name} {rate[-1]:.1f}" for name, rate in rates.items()), file=sys.stderr
        )
    shares = [ours / bare for ours, bare in zip(rates["ours"], rates["bare"], strict=True)]
    return {
        "realtime_per_core": round(statistics.median(rates["ours"]), 1),
        "ffmpeg_realtime_per_core": round(statistics.median(rates["bare"]), 1),
        "ratio": round(statistics.median(shares), 3),
        "all_realtime_per_core": round(statistics.median(rates["all"]), 1),
    }


def _cpu_of(work: Any) -> float:
    def spent() -> float:
        mine, theirs = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        return mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime

    before = spent()
    work()
    return spent() - before


def _package(source: Path, wanted: list[str]) -> None:
    """As the worker does it, without the store."""
    from catalog.ingest.package import package_media
    from catalog.ingest.readers import probe_apart

    with tempfile.TemporaryDirectory(dir=source.parent) as name:
        master = Path(name) / "master"
        master.hardlink_to(source)
        package_media(master, probe_apart(master), Path(name), wanted=wanted, on_progress=lambda share: None)


def _bare(song: Path, folder: Path) -> None:
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-y", "-loglevel", "error", "-i", str(song)]
    for kbps in KBPS:
        command += ["-map", "0:a", "-c:a", "aac", "-b:a", f"{kbps}k", "-ar", str(RATE), "-ac", "2"]
        command += ["-movflags", "cmaf+delay_moov", "-frag_duration", "985000", str(folder / f"{kbps}.mp4")]
    # As low in priority as ours.
    subprocess.run(["nice", *command], check=True)


WEIGH = """
import json, resource, sys
from pathlib import Path
import django
# The demo's and not the product's: openpyxl would load it where it is there.
sys.modules["numpy"] = None
django.setup()
from tests.bench.ingest import _package
_package(Path(sys.argv[1]), ["preview", "standard", "high"])
megabyte = 1024 if sys.platform == "linux" else 1024**2
mine, theirs = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(json.dumps({"python_mb": round(mine / megabyte), "ffmpeg_mb": round(theirs / megabyte)}))
"""
# A process inherits the peak of the one that started it: a small one goes between.
BETWEEN = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


def _weigh(long: Path) -> dict[str, int]:
    """The peaks of the worker and of its encoder, together although they may come apart, for all assets of the file."""
    print("packaging the long file", file=sys.stderr)
    command = [sys.executable, "-c", BETWEEN, sys.executable, "-c", WEIGH, str(long)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "."})
    peaks: dict[str, int] = json.loads(done.stdout)
    return {"peak_mb": sum(peaks.values()), **peaks}
