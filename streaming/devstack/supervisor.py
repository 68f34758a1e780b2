"""`make run`: starts every piece in order, watches over them, and stops all of them however it ends itself."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from streaming.devstack import backend, edge, elasticsearch, node, payments, postgres, report, runfile, seat, settled
from streaming.devstack.files import digest
from streaming.devstack.processes import Child, PieceDiedError
from streaming.devstack.site import ROOT
from streaming.devstack.stack import ALL_STORES, STORES, Stack, store

RESTARTS, PER_SECONDS = 3, 60.0
WEB = ROOT / "web"


class StoppedError(Exception):
    """Someone wants us to stop: a signal, or the death of our parent."""


class CannotGoOnError(Exception):
    """The text says what to do."""


class Supervisor:
    """`only` names stores: then nothing else is started."""

    def __init__(self, var: Path, only: tuple[str, ...] = ()) -> None:
        self.only = only
        self._parent = os.getppid()
        self._asked_to_stop = False
        self._deaths: dict[str, deque[float]] = defaultdict(deque)
        plan = settled.plan(var, only)
        self.site, self.env, self._held = plan.site, plan.env, plan.held
        self.stack = Stack(self.site, pause=self._pause)

    def run(self) -> int:
        """Exit code: 0 when it was asked to stop."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        code = 1
        try:
            self._start()
            self._watch()
        except StoppedError:
            code = 0
        except PieceDiedError as death:
            report.failure(death.name, death.what, death.tail, death.log)
        except (CannotGoOnError, seat.NoSeatError, postgres.ClusterError, OSError) as error:
            report.say(f"\n{error}")
        finally:
            self._stop()
        return code

    def _on_signal(self, number: int, frame: object) -> None:
        if self._asked_to_stop:
            # Asked twice: no more patience.
            for child in self.stack.children:
                with contextlib.suppress(OSError):
                    os.killpg(child.pid, signal.SIGKILL)
        self._asked_to_stop = True

    def _pause(self) -> None:
        if self._asked_to_stop or os.getppid() != self._parent:
            raise StoppedError

    def _start(self) -> None:
        report.say("Starting Backbeat")
        # The logs of one run and of the one before it: they would grow without end.
        self._set_logs_aside()
        for held in self._held.values():
            if held.port != held.wanted:
                report.say(f"  Port {held.wanted} is taken: {held.port} is used.")
        seat.forget_gone()
        for name in ALL_STORES:
            if name in self._held:
                self._start_store(name)
            elif name in STORES and not self.only:
                report.line(name, "yours, from the environment")
        if not self.only:
            self._build_page()
            self._prepare()
            self._start_stand_in()
            self._start_backend()
        self._announce()

    def _set_logs_aside(self) -> None:
        logs = self.site.var / "log"
        if logs.is_dir():
            shutil.rmtree(self.site.var / "log.before", ignore_errors=True)
            logs.rename(self.site.var / "log.before")

    def _start_store(self, name: str) -> None:
        begun = time.monotonic()
        if name == "edge":
            node.install(edge.FOLDER, self._runner("edge"), node.env(self.site.var, self.site.env()))
        if name == elasticsearch.NAME:
            self._run(name, "the server; 947 MB the first time", elasticsearch.fetch(), ROOT, self.site.env())
        piece = store(self.site, name, self.env)
        self._held[name].release()
        self._started(self.stack.start(piece), begun)

    def _start_stand_in(self) -> None:
        if payments.NAME not in self._held:
            report.line(payments.NAME, "yours, from the environment")
            return
        begun = time.monotonic()
        self._held[payments.NAME].release()
        self._started(self.stack.start(payments.piece(self.site, self.env)), begun)

    def _started(self, child: Child, begun: float) -> None:
        report.line(child.piece.name, child.piece.address, time.monotonic() - begun)

    def _runner(self, name: str) -> node.Runner:
        def run(what: str, command: list[str], folder: Path, env: Mapping[str, str]) -> None:
            self._run(name, what, command, folder, env)

        return run

    def _run(self, name: str, what: str, command: list[str], folder: Path, env: Mapping[str, str]) -> None:
        progress = report.Progress(name, what)
        self.stack.run(f"{name}-setup", command, cwd=folder, env=env, tick=progress.tick)
        progress.done()

    def _build_page(self) -> None:
        env = node.env(self.site.var, self.site.env())
        node.install(WEB, self._runner("web"), env)
        node.build(WEB, [ROOT / "docs" / "openapi.yaml"], self._runner("web"), env)

    def _prepare(self) -> None:
        """Static files are collected only when one changed: it takes seconds."""
        folders = [WEB / "dist", *ROOT.glob("*/static"), *ROOT.glob("*/*/static"), ROOT / "requirements.txt"]
        wanted, stamp = digest(folders, relative_to=ROOT), self.site.var / "static-collected"
        collect = not (stamp.is_file() and stamp.read_text() == wanted)
        self._run("database", "tables and staff accounts", backend.prepare(collect=collect), ROOT, self._django_env())
        stamp.write_text(wanted)

    def _django_env(self) -> dict[str, str]:
        return self.site.env(**self.env)

    def _start_backend(self) -> None:
        """All at once, because each needs a second of its own to load Django."""
        begun = time.monotonic()
        self._held["web"].release()
        pieces = [backend.web(self.site, self.env), *backend.workers(self.site, self.env)]
        for child in [self.stack.launch(piece) for piece in pieces]:
            self._started(self.stack.await_ready(child), begun)

    def _announce(self) -> None:
        settled.write_env_file(self.site, self.env)
        if self.only:
            report.say(f"\nFor a shell: . {self.site.var / 'env'}\nCtrl-C stops everything.\n")
            return
        run = settled.run_of(self.site, self.env)
        runfile.write(self.site.var, run)
        report.table(run, self.site.var / "log")
        self.stack.launch(backend.demo(self.site, self.env))

    def _watch(self) -> None:
        while True:
            self._pause()
            self.stack.guardian.revive()
            for child in [child for child in self.stack.children if child.has_ended()]:
                self._bury(child)
            time.sleep(0.2)

    def _bury(self, child: Child) -> None:
        """Name a piece that ended, and start it again. Raises CannotGoOnError when it keeps dying."""
        piece = child.piece
        if not piece.essential and child.process.returncode == 0:
            self.stack.drop(child)
            return
        report.failure(piece.name, child.how_it_ended(), child.tail(), child.log)
        deaths = self._deaths[piece.name]
        deaths.append(time.monotonic())
        while deaths[0] < time.monotonic() - PER_SECONDS:
            deaths.popleft()
        if len(deaths) <= RESTARTS:
            self._wait(0.5 * 2 ** (len(deaths) - 1))
            self.stack.replace(child)
            report.line(piece.name, "started again")
        elif piece.essential:
            raise CannotGoOnError(f"{piece.name} died {len(deaths)} times within a minute. Stopping everything.")
        else:
            self.stack.drop(child)
            report.line(piece.name, "given up; the rest goes on")

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._pause()
            time.sleep(0.1)

    def _stop(self) -> None:
        report.say("Stopping")
        # Signals count from now on as the second wish to stop, also when the first was the death of our parent.
        self._asked_to_stop = True
        begun = time.monotonic()
        self.stack.stop()
        runfile.remove(self.site.var)
        report.say(f"Everything is stopped ({time.monotonic() - begun:.1f} s)")


@contextlib.contextmanager
def locked(var: Path) -> Iterator[None]:
    """One stack per clone. The lock goes with the process, however that ends."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            run = runfile.read(var)
            where = f" at {run.web}" if run else ""
            raise CannotGoOnError(
                f"The stack of this clone is running already{where}. Stop it with Ctrl-C first."
            ) from None
        yield


def start(var: Path, only: tuple[str, ...] = ()) -> int:
    try:
        with locked(var):
            return Supervisor(var, only).run()
    except (CannotGoOnError, settled.IncompleteError, OSError) as error:
        report.say(str(error))
        return 1


def reset(var: Path) -> int:
    """Forget the data, the keys and what was built."""
    try:
        with locked(var):
            seat.forget(var)
            shutil.rmtree(var)
    except CannotGoOnError as error:
        report.say(str(error))
        return 1
    report.say(f"{var} is gone: the next start begins with nothing.")
    return 0
