"""What is installed is exactly what was tested, and lock files name no registry."""

import json
import re
from pathlib import Path

import pytest


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_python_packages_are_pinned_exactly(name):
    lines = [line for line in Path(name).read_text().splitlines() if line and not line.startswith(("#", "-r"))]

    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", line)] == []


@pytest.mark.parametrize("project", ["edge", "web"])
def test_npm_packages_are_pinned_exactly_and_the_lock_names_no_registry(project):
    package = json.loads(Path(project, "package.json").read_text())
    wanted = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    lock = Path(project, "package-lock.json").read_text()

    assert wanted
    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+[\w.-]*", version)] == []
    assert '"resolved"' not in lock
    assert "omit-lockfile-registry-resolved=true" in Path(project, ".npmrc").read_text()
