"""A folder per run for the master and what is made from it; the folders of runs that died are removed by the next."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "lock"


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder below TMPDIR, removed at the end.

    Each run holds a lock on a file in its folder. The kernel drops it with the process, however that ends, so a folder
    whose lock can be had belongs to nobody.
    """
    root = _root()
    with _locked(root / _LOCK):
        # Under the lock of the root no other run is between making its folder and locking it.
        _remove_dead(root)
        run = Path(tempfile.mkdtemp(dir=root))
        held = os.open(run / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
    try:
        folder = run / "files"
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(run, ignore_errors=True)
        os.close(held)


def _root() -> Path:
    root = Path(tempfile.gettempdir()) / f"backbeat-ingest-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    return root


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _remove_dead(root: Path) -> None:
    for run in root.iterdir():
        if run.is_dir() and not _is_held(run / _LOCK):
            shutil.rmtree(run, ignore_errors=True)


def _is_held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        # Its run died before it had a lock, or is removing its folder itself right now.
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
