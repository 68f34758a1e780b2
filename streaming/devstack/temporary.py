"""Stores on free ports with data that is thrown away, for tests and benches."""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from streaming.devstack import edge, elasticsearch, keys, node, ports, seat
from streaming.devstack.processes import Child
from streaming.devstack.site import ROOT, Site
from streaming.devstack.stack import STORES, Stack, addresses, store


class Server:
    """One store of a temporary stack, to be broken by tests."""

    def __init__(self, stack: Stack, child: Child) -> None:
        self._stack = stack
        self._child = child

    @property
    def is_running(self) -> bool:
        return not self._child.has_ended()

    def stop(self) -> None:
        self._child.ask_to_stop()
        self._child.end(2)

    def start(self) -> None:
        """Start it again on its port and its data; does nothing when it runs."""
        if not self.is_running:
            self._child = self._stack.await_ready(self._stack.replace(self._child))

    def freeze(self) -> None:
        self._child.freeze()

    def thaw(self) -> None:
        self._child.thaw()


class Temporary:
    """`env` is what Django processes need; `stack` takes further pieces; `servers` are the stores by name."""

    def __init__(self, stack: Stack, env: dict[str, str]) -> None:
        self.stack = stack
        self.site = stack.site
        self.env = env
        self.servers: dict[str, Server] = {}
        self.held: list[ports.Held] = []

    def start(self, name: str) -> None:
        self.servers[name] = Server(self.stack, self.stack.start(store(self.site, name, self.env)))

    def add_elasticsearch(self) -> None:
        """Beside the stores that run already, as what few need. Raises PieceDiedError."""
        name = elasticsearch.NAME
        self.stack.run(f"{name}-setup", elasticsearch.fetch(), cwd=ROOT, env=self.site.env())
        held = ports.hold({name: 0})[name]
        self.held.append(held)
        self.site = replace(self.site, ports={**self.site.ports, name: held.port})
        self.env.update(addresses(self.site, name))
        held.release()
        self.start(name)


@contextlib.contextmanager
def temporary(
    stores: tuple[str, ...] = STORES, *, also: tuple[str, ...] = (), kept: Path | None = None
) -> Iterator[Temporary]:
    """Runs the stores; `also` names further pieces that need a port in `site.ports`. `kept` is a folder whose data the
    next run finds again.

    Raises PieceDiedError, NoSeatError, ClusterError.
    """
    var = kept or Path(tempfile.mkdtemp(prefix="backbeat-"))
    var.mkdir(parents=True, exist_ok=True)
    seat.forget_gone()
    with ports.holding(dict.fromkeys((*stores, *also), 0)) as held:
        secrets = keys.load(var / "keys.json") if kept else keys.make()
        site = Site(var, secrets, {name: one.port for name, one in held.items()}, durable=False)
        made = Temporary(Stack(site, throw_away=kept is None), dict(site.secrets.settings))
        try:
            for name in stores:
                made.env.update(addresses(site, name))
            if "edge" in stores:
                install_edge(made.stack)
            for name, one in held.items():
                one.release()
                if name in stores:
                    made.start(name)
            yield made
        finally:
            made.stack.stop(patience=0.5)
            for one in made.held:
                one.give_up()


def install_edge(stack: Stack) -> None:
    def run(what: str, command: list[str], folder: Path, env: Mapping[str, str]) -> None:
        stack.run("npm", command, cwd=folder, env=env)

    node.install(edge.FOLDER, run, node.env(stack.site.var, stack.site.env()))
