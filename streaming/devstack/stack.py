"""A set of running pieces with one guardian. The supervisor, the tests and the benches each hold one."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from streaming.devstack import edge, elasticsearch, postgres, redis, seat
from streaming.devstack.guardian import Guardian, sweep
from streaming.devstack.processes import Child, Piece, PieceDiedError, end_all
from streaming.devstack.site import Site

STORES = ("postgres", "redis", "edge")
# Those that are started where they are asked for.
ALL_STORES = (*STORES, elasticsearch.NAME)


def store(site: Site, name: str, settings: Mapping[str, str]) -> Piece:
    """One of the stores, its data made where there is none. Raises NoSeatError, ClusterError."""
    if name == elasticsearch.NAME:
        return elasticsearch.piece(site, seat.find(site.var))
    if name == "postgres":
        return postgres.piece(site, seat.find(site.var))
    return redis.piece(site) if name == "redis" else edge.piece(site, settings)


def addresses(site: Site, name: str) -> dict[str, str]:
    """The environment variables that tell Django where that store is."""
    if name == elasticsearch.NAME:
        return elasticsearch.urls(site)
    if name == "postgres":
        return {"DATABASE_URL": postgres.url(site)}
    return redis.urls(site) if name == "redis" else edge.urls(site)


class Stack:
    """Children in the order of their start. `pause` is called while it waits, and may raise to give up.

    With `throw_away`, everything it wrote is removed in the end, also when that end is a kill -9.
    """

    def __init__(self, site: Site, *, pause: Callable[[], None] = lambda: None, throw_away: bool = False) -> None:
        self.site = site
        self.children: list[Child] = []
        self._pause = pause
        # What an earlier stack here left, should its guardian have been killed as well.
        sweep(str(site.var))
        self.guardian = Guardian(str(site.var), [site.var, *seat.outside(site.var)] if throw_away else [])

    def launch(self, piece: Piece) -> Child:
        child = Child(piece, log=self.site.log(piece.name), guardian=self.guardian)
        self.children.append(child)
        return child

    def await_ready(self, child: Child, seconds: float | None = None) -> Child:
        """Raises PieceDiedError when it ends or when the time is over."""
        seconds = seconds or child.piece.start_seconds
        deadline = time.monotonic() + seconds
        while not child.piece.ready(child):
            if child.has_ended():
                raise PieceDiedError(child, child.how_it_ended())
            if time.monotonic() > deadline:
                raise PieceDiedError(child, f"was not ready after {seconds:.0f} s")
            self._pause()
            time.sleep(0.02)
        return child

    def start(self, piece: Piece) -> Child:
        return self.await_ready(self.launch(piece))

    def run(
        self,
        name: str,
        command: list[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        seconds: float = 900,
        tick: Callable[[float], None] = lambda _: None,
    ) -> None:
        """One command to its end, output in the log of that name. `tick` is told the seconds so far.

        Raises PieceDiedError when it fails.
        """
        begun = time.monotonic()

        def done(child: Child) -> bool:
            tick(time.monotonic() - begun)
            return child.has_ended()

        piece = Piece(name=name, command=command, ready=done, env=env, cwd=cwd)
        child = self.launch(piece)
        try:
            self.await_ready(child, seconds)
        finally:
            self.children.remove(child)
            end_all([child], patience=0)
        if child.process.returncode:
            raise PieceDiedError(child, child.how_it_ended())

    def drop(self, child: Child) -> None:
        """Forget a piece that ended for good."""
        self.children.remove(child)
        child.end(0)

    def replace(self, child: Child) -> Child:
        """Start a piece that died again, in its old place."""
        child.end(0)
        again = Child(child.piece, log=child.log, guardian=self.guardian)
        self.children[self.children.index(child)] = again
        return again

    def stop(self, *, patience: float | None = None) -> None:
        """Users of the stores first, then the stores, each wave at once."""
        stores = [child for child in self.children if child.piece.name in ALL_STORES]
        others = [child for child in self.children if child.piece.name not in ALL_STORES]
        end_all(others[::-1], patience=patience)
        end_all(stores[::-1], patience=patience)
        self.children = []
        self.guardian.close()
