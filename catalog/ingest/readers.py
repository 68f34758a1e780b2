"""Our own readers of strangers' files, each run in a process of its own: under limits, without a network or our keys.

A reader is a module that is given a file's name and prints JSON. It enters the cage by itself (see `limits`), once it
has its libraries loaded: as nobody it may not reach them.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from catalog.ingest.errors import IngestError, IngestInterrupted
from catalog.ingest.facts import MediaFacts, facts_from
from catalog.ingest.limits import hand_over, limited

ROOT = Path(__file__).resolve().parents[2]
CPU_SECONDS = 30
# Others may use the machine too.
SECONDS = 120
MEMORY_BYTES = 1_500_000_000


def probe_apart(source: Path) -> MediaFacts:
    """The facts of a media file. Raises IngestError with a sentence for the editor where it can't be used."""
    status, found = read("catalog.ingest.probe", source, file_bytes=0)
    if isinstance(found, dict):
        return facts_from(found)
    if isinstance(found, list):
        raise IngestError(*found)
    if status in (-signal.SIGKILL, -signal.SIGTERM):
        raise IngestInterrupted("WORKER_STOPPED", "The look into the file was stopped; the job is tried again.")
    raise IngestError(
        "UNREADABLE",
        "This file can't be looked into: it asks for more time or memory than any song or video needs. "
        "Export it again with ordinary settings and upload the new file.",
    )


def read(reader: str, source: Path, *words: str, file_bytes: int) -> tuple[int, Any]:
    """How the reader ended and what it printed; None where that is no JSON. Files it makes are in the source's folder.

    One that hangs counts as out of its time (SIGXCPU), like one that computes too long.
    """
    source = source.resolve()
    hand_over(source.parent, source)
    # -P: the folder holds what a stranger sent, which Python must not take for modules. -B: no file is to be written.
    program = [sys.executable, "-P", "-B", "-m", reader, source.name, *words]
    command = limited(
        program, cpu_seconds=CPU_SECONDS, file_bytes=file_bytes, memory_bytes=MEMORY_BYTES, enters_cage_itself=True
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": os.environ.get("PATH", "")}
    try:
        done = subprocess.run(
            command, cwd=source.parent, env=environment, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return -signal.SIGXCPU, None
    try:
        return done.returncode, orjson.loads(done.stdout) if done.returncode == 0 else None
    except ValueError:
        return done.returncode, None
