"""A piece is what to start; a child is a piece that was started, in a session of its own with its output in a file."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from streaming.devstack.guardian import Guardian, alive_in, wait_until

TAIL_LINES = 12


@dataclass(frozen=True)
class Piece:
    """One long-running process of the stack.

    `ready` is asked again and again until it says yes. The stop signal goes to the process alone, because the parent of
    a pool wants to end its children itself; what is left of its group after `grace` seconds is killed. It has to be
    ready within `start_seconds`.
    """

    name: str
    command: list[str]
    ready: Callable[["Child"], bool]
    address: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = Path("/")
    stop_signal: int = signal.SIGTERM
    grace: float = 5.0
    start_seconds: float = 60.0
    options: Mapping[str, Any] = field(default_factory=dict)
    # A piece that is not essential may end for good (the demo's feeder), and the stack goes on without it.
    essential: bool = True


class PieceDiedError(Exception):
    """It ended before it was ready, or was not ready in time. The text has the last lines of its log."""

    def __init__(self, child: "Child", what: str) -> None:
        self.name = child.piece.name
        self.what = what
        self.tail = child.tail()
        self.log = child.log
        super().__init__("\n".join([f"{self.name}: {what}. The last lines of {child.log}:", *self.tail]))


class Child:
    """Raises OSError when the program can't be started at all."""

    def __init__(self, piece: Piece, *, log: Path, guardian: Guardian) -> None:
        self.piece = piece
        self.log = log
        self._guardian = guardian
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self.log_start = output.tell()
            self.process = self._popen(output)
        guardian.watch(self.pid, piece.stop_signal)

    def _popen(self, output: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.piece.command,
            env={**self.piece.env},
            cwd=self.piece.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **self.piece.options,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def has_printed(self, text: str) -> bool:
        """Whether its output since the start holds the text."""
        with self.log.open("rb") as output:
            output.seek(self.log_start)
            return text.encode() in output.read()

    def tail(self) -> list[str]:
        lines = self.log.read_text(errors="replace").splitlines()
        return [line[:300] for line in lines if line.strip()][-TAIL_LINES:]

    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def ask_to_stop(self) -> None:
        if not self.has_ended():
            with contextlib.suppress(OSError):
                self.process.send_signal(self.piece.stop_signal)

    def freeze(self) -> None:
        """It stays there and answers nothing, as a machine that is overloaded or cut off."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGCONT)

    def end(self, patience: float) -> None:
        """Wait that long for it to stop, then kill its whole group: a killed parent may leave children behind."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, patience))
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        wait_until(lambda: not alive_in(self.pid), 2)
        self._guardian.forget(self.pid)


def end_all(children: list[Child], *, patience: float | None = None) -> None:
    """Stop all of them at once; each has its own grace, or `patience` seconds when that is given."""
    for child in children:
        child.ask_to_stop()
    start = time.monotonic()
    for child in children:
        grace = child.piece.grace if patience is None else patience
        child.end(grace - (time.monotonic() - start))
