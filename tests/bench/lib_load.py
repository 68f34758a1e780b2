"""A closed-loop HTTP client on raw keep-alive sockets: cheap, so that the server is what is measured."""

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """`rps` over the whole run; latencies in milliseconds."""

    rps: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


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
    for key in list(selector.get_map().values()):
        key.data.socket.close()
    latencies.sort()
    return Load(
        rps=len(latencies) / elapsed,
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[int(len(latencies) * 0.99)] * 1000,
        statuses=statuses,
    )
