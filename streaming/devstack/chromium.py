"""A headless Chromium for tests in a browser: $CHROMIUM, else the machine's, else the one of an npm package.

The package (@sparticuz/chromium, which web/ needs for development) brings its libraries and fonts along, so nothing of
the system is needed. It is unpacked once per version.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from streaming.devstack import node
from streaming.devstack.files import read_json
from streaming.devstack.site import ROOT

PACKAGE = Path("node_modules") / "@sparticuz" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Root has no sandbox; a container's /dev/shm is small; tests press no key before the first sound.
FLAGS = ("--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required")
# The package's own list names the folders of AWS Lambda; without a font, text has no size and is not drawn.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{folder}/fonts-cache</cachedir>
</fontconfig>
"""
UNPACK = "import('@sparticuz/chromium').then(async m => console.log(await m.default.executablePath()))"


class NoChromiumError(Exception):
    """The text says what to do."""


@dataclass(frozen=True)
class Chromium:
    """What playwright's `launch` takes: executable_path, args and env (None: the caller's own)."""

    path: Path
    args: tuple[str, ...] = FLAGS
    env: Mapping[str, str] | None = field(default=None)


def find(cache: Path = ROOT / "var" / "chromium", web: Path = ROOT / "web") -> Chromium:
    """Raises NoChromiumError."""
    named = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if named:
        return Chromium(Path(named))
    version = read_json(web / PACKAGE / "package.json").get("version")
    if not version:
        raise NoChromiumError("There is no Chromium. Set CHROMIUM to one, or run `make test`, which installs it.")
    folder = cache / version
    if not (folder / "unpacked").exists():
        _unpack(web, folder)
    libraries = os.pathsep.join(filter(None, [str(folder / "al2023" / "lib"), os.environ.get("LD_LIBRARY_PATH")]))
    return Chromium(
        folder / "chromium",
        env={**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_FILE": str(folder / "fonts.conf")},
    )


def _unpack(web: Path, folder: Path) -> None:
    """The package unpacks into TMPDIR, with its libraries only where it believes to be in AWS Lambda."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    env = {**os.environ, "TMPDIR": str(folder), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x"}
    command = [str(node.node()), "--input-type=module", "--eval", UNPACK]
    done = subprocess.run(command, cwd=web, env=env, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode or not (folder / "chromium").is_file():
        raise NoChromiumError(f"Chromium could not be unpacked into {folder}:\n{done.stderr}")
    (folder / "fonts.conf").write_text(FONTS.format(folder=folder))
    (folder / "unpacked").touch()
