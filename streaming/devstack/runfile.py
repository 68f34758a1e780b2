"""var/run.json: where a running stack is, and how far its demo is. Scripts read it; the feeder keeps `demo` up to date.

Written in one step (a new file takes the old one's place), so a reader needs no lock. It has one writer at a time: the
supervisor until the feeder starts, then the feeder.
"""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from streaming.devstack.files import read_json, write_json


@dataclass(frozen=True)
class User:
    """A demo account. role: listener, artist, editor, support or operator; staff have an authenticator's secret."""

    email: str
    password: str
    role: str
    totp_secret: str | None = None


@dataclass(frozen=True)
class Demo:
    """How many demo items are playable, of how many."""

    ready: int = 0
    total: int = 0


@dataclass(frozen=True)
class Run:
    """web, admin, docs, media and mail are addresses; so is `stripe`, of the stand-in, or it is empty."""

    web: str
    admin: str
    docs: str
    media: str
    mail: str
    users: list[User] = field(default_factory=list)
    demo: Demo = Demo()
    stripe: str = ""


def path_in(var: Path) -> Path:
    return var / "run.json"


def write(var: Path, run: Run) -> None:
    write_json(path_in(var), asdict(run))


def read(var: Path) -> Run | None:
    """What runs, or None where nothing does."""
    found = read_json(path_in(var))
    if not found:
        return None
    users = [User(**user) for user in found.pop("users")]
    return Run(**{**found, "users": users, "demo": Demo(**found["demo"])})


def update_demo(var: Path, *, ready: int, total: int) -> None:
    """Note the demo's progress; does nothing once the stack has taken the file away."""
    run = read(var)
    if run is not None:
        write(var, replace(run, demo=Demo(ready, total)))


def remove(var: Path) -> None:
    path_in(var).unlink(missing_ok=True)
