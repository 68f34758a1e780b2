"""Free ports on loopback: the wanted ones where possible.

A port is held by listening on it until its piece starts. Between that and the piece's own listening nobody does, so
other stacks here are kept away by a claim: a name that one process at a time can have, and that ends with it.
"""

import contextlib
import errno
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass
class Held:
    """A port that no program can take until `release`, and no other stack until `give_up`."""

    port: int
    wanted: int
    holders: list[socket.socket]
    claim: socket.socket | None

    def release(self) -> int:
        while self.holders:
            self.holders.pop().close()
        return self.port

    def give_up(self) -> None:
        self.release()
        if self.claim:
            self.claim.close()


def hold(wanted: Mapping[str, int]) -> dict[str, Held]:
    """One held port per name. Where the wanted one is busy or 0, another free one."""
    return {name: _hold_near(port) for name, port in wanted.items()}


def _hold_near(wanted: int) -> Held:
    # The ones next to it first, so that the address stays recognisable; then whatever the system has.
    for port in [*range(wanted, wanted + 20), 0] if wanted else [0]:
        holders = _listen(port)
        if not holders:
            continue
        found = Held(holders[0].getsockname()[1], wanted, holders, None)
        try:
            found.claim = _claim(found.port)
        except OSError:
            found.release()
        else:
            return found
    raise OSError("there is no free port on 127.0.0.1")


def _claim(port: int) -> socket.socket | None:
    """Raises OSError when another stack has it. Only Linux has socket names without a file."""
    if sys.platform != "linux":
        return None
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0backbeat-port-{port}")
    except OSError:
        claim.close()
        raise
    return claim


@contextlib.contextmanager
def holding(wanted: Mapping[str, int]) -> Iterator[dict[str, Held]]:
    """`hold`, with the claims given up at the end."""
    held = hold(wanted)
    try:
        yield held
    finally:
        for one in held.values():
            one.give_up()


def _listen(port: int) -> list[socket.socket]:
    """Listening sockets on 127.0.0.1 and, where the machine has it, ::1 (browsers try it first for localhost)."""
    holders: list[socket.socket] = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            holder = socket.socket(family)
        except OSError:
            continue
        try:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind((host, port))
            # Listening, and not only bound: two sockets that may reuse an address can both be bound to it.
            holder.listen(1)
        except OSError as error:
            holder.close()
            if family == socket.AF_INET6 and error.errno != errno.EADDRINUSE:
                continue
            for other in holders:
                other.close()
            return []
        port = holder.getsockname()[1]
        holders.append(holder)
    return holders
