"""An HTTP client on raw keep-alive sockets: cheap, so that the server is what is measured.

`drive` is a closed loop and finds how much a server does; `drive_at` is an open one and finds how long it takes.
"""

import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """`rps` over the whole run; latencies in milliseconds."""

    rps: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


@dataclass(frozen=True)
class Due:
    """A request to be sent so many seconds after the beginning; `kind` is what it is counted under."""

    at: float
    kind: str
    request: bytes


def request_bytes(method: str, path: str, *, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The status once the whole answer is there."""
        piece = self.socket.recv(65_536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.received += piece
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return int(head[9:12]) if len(rest) >= length else None


def drive(port: int, requests: list[bytes], *, connections: int, seconds: float) -> Load:
    """Keep every connection busy with the requests in turn, for so many seconds."""
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    statuses: dict[int, int] = {}
    for place in range(connections):
        connection = _Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(requests[place % len(requests)])
    start, turn = time.perf_counter(), connections
    while time.perf_counter() - start < seconds:
        for key, _ in selector.select(1):
            connection = key.data
            status = connection.receive()
            if status is None:
                continue
            latencies.append(time.perf_counter() - connection.sent_at)
            statuses[status] = statuses.get(status, 0) + 1
            connection.send(requests[turn % len(requests)])
            turn += 1
    elapsed = time.perf_counter() - start
    _close(selector)
    return _load(latencies, statuses, elapsed)


def drive_at(port: int, schedule: list[Due], *, connections: int) -> dict[str, Load]:
    """Send each request when it is due, whatever became of those before it; the answers by kind.

    A latency counts from when the request was due: one that had to wait for a connection, because the server was slow
    with others, has waited.
    """
    selector = selectors.DefaultSelector()
    # In turn, so that none is idle for so long that the server closes it.
    idle = deque(_Connection(port) for _ in range(connections))
    for connection in idle:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    sent: dict[_Connection, Due] = {}
    latencies: dict[str, list[float]] = {due.kind: [] for due in schedule}
    statuses: dict[str, dict[int, int]] = {due.kind: {} for due in schedule}
    waiting, start = deque(schedule), time.perf_counter()
    while waiting or sent:
        while waiting and idle and waiting[0].at <= time.perf_counter() - start:
            connection = idle.popleft()
            sent[connection] = waiting.popleft()
            connection.send(sent[connection].request)
        pause = waiting[0].at - (time.perf_counter() - start) if waiting and idle else 1.0
        for key, _ in selector.select(max(pause, 0)):
            connection = key.data
            status = connection.receive()
            if status is None:
                continue
            due = sent.pop(connection)
            latencies[due.kind].append(time.perf_counter() - start - due.at)
            statuses[due.kind][status] = statuses[due.kind].get(status, 0) + 1
            idle.append(connection)
    elapsed = time.perf_counter() - start
    _close(selector)
    return {kind: _load(latencies[kind], statuses[kind], elapsed) for kind in latencies}


def _close(selector: selectors.BaseSelector) -> None:
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    selector.close()


def _load(latencies: list[float], statuses: dict[int, int], elapsed: float) -> Load:
    latencies.sort()
    return Load(
        rps=len(latencies) / elapsed,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        statuses=statuses,
    )


def ask(port: int, request: bytes) -> float:
    """Milliseconds to the whole answer, on a connection of its own. Raises ConnectionError when that is not 200."""
    connection = _Connection(port)
    with connection.socket:
        connection.send(request)
        while (status := connection.receive()) is None:
            pass
        if status != 200:
            raise ConnectionError(f"answered {status}: {request[:120]!r}")
        return (time.perf_counter() - connection.sent_at) * 1000
