"""Real music through the front door of a running stack: `python -m streaming.devstack.try_music FOLDER`.

Every file of the folder is uploaded as an editor does, made into a recording by what its tags propose, and watched
until it is ready or has failed. The table that is printed says what became of each.
"""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mutagen

from streaming.devstack import runfile
from streaming.devstack.feeder.admin import Admin
from streaming.devstack.feeder.editor import Editor
from streaming.devstack.feeder.http import RefusedError
from streaming.devstack.site import ROOT

LABEL = "Real music"
SUFFIXES = {".wav", ".flac", ".aif", ".aiff", ".m4a", ".mp3", ".aac", ".ogg", ".oga", ".opus", ".caf", ".mp4", ".mov"}
# The upload page shows no more at once.
AT_ONCE = 100
POLL_SECONDS = 1.0
DEFAULTS = {"artists": "Unknown artist", "title": "Untitled", "release_artists": "Unknown artist"}
COLUMNS = (44, 6, 8, 8)


@dataclass
class Try:
    path: Path
    master: str = ""
    state: str = ""
    words: str = ""

    @property
    def length(self) -> str:
        """As the file's own header has it."""
        try:
            found = mutagen.File(self.path)
            seconds = round(found.info.length)
        except (mutagen.MutagenError, AttributeError):
            return "?"
        return f"{seconds // 60}:{seconds % 60:02}"

    def line(self) -> str:
        cells = (self.path.name[: COLUMNS[0]], self.path.suffix[1:], self.length, self.state)
        return " ".join(cell.ljust(width) for cell, width in zip(cells, COLUMNS, strict=True)) + f" {self.words}"


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def run(admin: Admin, label: int, paths: list[Path]) -> Iterator[Try]:
    for start in range(0, len(paths), AT_ONCE):
        tries = [_send(admin, label, path) for path in paths[start : start + AT_ONCE]]
        sent = [one for one in tries if one.master]
        _watch(admin, sent, lambda state: state != "inspecting")
        admin.create_recordings([one.master for one in sent], DEFAULTS)
        _watch(admin, sent, lambda state: state in ("ready", "failed", "cancelled"))
        yield from tries


def _send(admin: Admin, label: int, path: Path) -> Try:
    try:
        return Try(path, admin.upload_in_parts(label, path))
    except RefusedError as refusal:
        return Try(path, state="refused", words=str(refusal))


def _watch(admin: Admin, tries: list[Try], is_over: Callable[[str], bool]) -> None:
    waiting = list(tries)
    while waiting:
        for one in waiting:
            found = admin.upload_state(one.master)
            one.state, one.words = found["state"], found["message"]
        waiting = [one for one in waiting if not is_over(one.state)]
        time.sleep(POLL_SECONDS if waiting else 0)


def main() -> int:
    found = runfile.read(ROOT / "var")
    paths = files_in(Path(sys.argv[1])) if len(sys.argv) == 2 else []
    if found is None or not paths:
        print("Nothing to do: start `make run` first, and name a folder with music.", file=sys.stderr)
        return 1
    user = next(user for user in found.users if user.role == "editor")
    admin = Admin(found.admin, email=user.email, password=user.password, totp_secret=user.totp_secret or "")
    print(
        " ".join(name.ljust(width) for name, width in zip(("file", "format", "length", "state"), COLUMNS, strict=True))
    )
    failed = 0
    for one in run(admin, Editor(admin).label(LABEL), paths):
        print(one.line(), flush=True)
        failed += one.state != "ready"
    print(f"{len(paths) - failed} of {len(paths)} are ready")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
