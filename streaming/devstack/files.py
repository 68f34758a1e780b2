"""Small files that others read while we write them."""

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def write_json(path: Path, value: Any) -> None:
    """Replace the file in one step, so that a reader sees the old text or the new one. Only the owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(value, file, indent=2)
            file.write("\n")
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_json(path: Path) -> dict[str, Any]:
    """The object in the file; empty when there is none or it is not one."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def package_folder(name: str) -> Path:
    """Where an installed package lies; it is not imported, as only its files are wanted."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"the package {name} is not installed: run `make setup`")
    return Path(found.origin).parent


def digest(paths: Iterable[Path], *, relative_to: Path) -> str:
    """A hash over names and contents of the files, folders walked, missing ones as empty."""
    found = hashlib.sha256()
    for path in sorted(_files(paths)):
        found.update(str(path.relative_to(relative_to)).encode() + b"\0")
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _files(paths: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    for path in paths:
        if path.is_dir():
            found.update(file for file in path.rglob("*") if file.is_file())
        elif path.is_file():
            found.add(path)
    return found
