"""Ends what a stack started once the stack is gone, by whatever cause: kill -9 leaves no chance to clean up.

The guardian is a process of its own session. The stack names its process groups through a pipe; when the pipe closes,
because the stack is done or dead, the groups are told to stop and, some seconds later, killed. Some programs give their
own children a session of their own (ffmpeg, workerd), so whatever still carries the stack's mark in its environment is
killed at the end. It runs as a plain file, without site packages, so that it is there within milliseconds.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

# Set to the stack's `var` folder in the environment of everything that it starts.
MARK = "DEVSTACK_VAR"
PATIENCE_SECONDS = 5.0


class Guardian:
    """The stack's end of the pipe. `throw_away` are folders to remove in the end."""

    def __init__(self, mark: str, throw_away: Sequence[Path] = ()) -> None:
        self._arguments = [mark, *map(str, throw_away)]
        self._groups: dict[int, int] = {}
        self._process, self._pipe = self._start()

    def _start(self) -> "tuple[subprocess.Popen[bytes], IO[str]]":
        read, write = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *self._arguments],
            stdin=read,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        os.close(read)
        return process, os.fdopen(write, "w")

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch(self, group: int, stop_signal: int) -> None:
        self._groups[group] = stop_signal
        self._tell(f"+ {group} {stop_signal}")

    def forget(self, group: int) -> None:
        self._groups.pop(group, None)
        self._tell(f"- {group} 0")

    def revive(self) -> None:
        """Someone may have killed the guardian itself: then another one takes over."""
        if self._process.poll() is None:
            return
        with contextlib.suppress(OSError):
            self._pipe.close()
        self._process, self._pipe = self._start()
        for group, stop_signal in self._groups.items():
            self._tell(f"+ {group} {stop_signal}")

    def close(self) -> None:
        """Let it end whatever is left, and wait until that is done."""
        with contextlib.suppress(OSError):
            self._pipe.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._pipe.write(line + "\n")
            self._pipe.flush()


def alive_in(group: int) -> bool:
    """Whether the group has a member that is no zombie: an orphan's zombie may wait seconds for its new parent."""
    if not Path("/proc/self/stat").exists():
        return _signal_group(group, 0)
    return any(stat[0] != "Z" and int(stat[2]) == group for stat in map(_stat, _processes()) if stat)


def _stat(process: Path) -> list[str]:
    """State, parent, group and so on; empty when the process is gone. The name before them may hold spaces."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processes() -> Iterator[Path]:
    return (process for process in Path("/proc").iterdir() if process.name.isdigit())


def marked(mark: str) -> list[int]:
    """Ids of the processes that the stack with this mark started, found by their environment."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for process in _processes() if Path("/proc/self/environ").exists() else ():
        with contextlib.suppress(OSError):
            if wanted in (process / "environ").read_bytes().split(b"\0") and int(process.name) != os.getpid():
                found.append(int(process.name))
    return found


def sweep(mark: str) -> int:
    """Kill what still carries the mark; returns how many there were."""
    left = marked(mark)
    for pid in left:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not marked(mark), PATIENCE_SECONDS)
    return len(left)


def end_groups(groups: dict[int, int]) -> None:
    """Send each group its signal, give all of them the same few seconds, then kill what is left."""
    for group, stop_signal in groups.items():
        _signal_group(group, stop_signal)
    wait_until(lambda: not any(alive_in(group) for group in groups), PATIENCE_SECONDS)
    for group in groups:
        _signal_group(group, signal.SIGKILL)


def _signal_group(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.03)
    return True


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        word, group, stop_signal = line.split()
        if word == "+":
            groups[int(group)] = int(stop_signal)
        else:
            groups.pop(int(group), None)
    end_groups(groups)
    mark, *folders = sys.argv[1:]
    sweep(mark)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
