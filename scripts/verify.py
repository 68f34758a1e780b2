"""`make test`, `make lint` and `make schema`: each step with its name, its own words and its seconds; the first that
fails ends the run."""

import difflib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from streaming.devstack import elasticsearch, keys, node
from streaming.devstack.site import ROOT

PYTHON = sys.executable
SCHEMA = ROOT / "docs" / "openapi.yaml"
# Together about half of all tests by time.
LONGEST = ("tests/catalog", "tests/e2e")
PROJECTS = (ROOT / "edge", ROOT / "web")
# No server is asked by these steps; settings only have to be complete.
NOWHERE = {
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:9/nowhere",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "R2_ENDPOINT_URL": "http://127.0.0.1:9",
    "MEDIA_BASE_URL": "http://127.0.0.1:9",
    "DJANGO_SETTINGS_MODULE": "streaming.settings.base",
}


class StepFailedError(Exception):
    """A command ended with an exit code, or a file is not as it should be."""


@dataclass(frozen=True)
class Step:
    name: str
    do: Callable[[], None]


def environment() -> dict[str, str]:
    """CI keeps runners from waiting for keys; the node of edge/ and web/ comes first on PATH."""
    return node.env(ROOT / "var", {**os.environ, "CI": "1"})


def django_environment() -> dict[str, str]:
    return {**environment(), **keys.make().settings, **NOWHERE}


def run(command: list[str], folder: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=folder, env=env or environment(), stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise StepFailedError(f"ended with exit code {done.returncode}")


def python(name: str, *words: str) -> Step:
    return Step(name, lambda: run([PYTHON, "-m", *words]))


def manage(*words: str) -> None:
    # Without a server Django warns that it can't compare the migrations with a database.
    run([PYTHON, "-W", "ignore::RuntimeWarning", "manage.py", *words], env=django_environment())


def write_schema(path: Path) -> None:
    manage("spectacular", "--validate", "--fail-on-warn", "--file", str(path))


def schema_is_committed() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "openapi.yaml"
        write_schema(made)
        old, new = SCHEMA.read_text().splitlines(), made.read_text().splitlines()
    lines = list(difflib.unified_diff(old, new, "docs/openapi.yaml", "what the code says", lineterm="", n=1))
    if lines:
        print("\n".join(lines[:60]))
        raise StepFailedError("the API changed and docs/openapi.yaml did not: run `make schema` and commit it")


def install(project: Path) -> None:
    def quietly(what: str, command: list[str], folder: Path, env: Mapping[str, str]) -> None:
        run(command, folder, env)

    node.install(project, quietly, environment())


def npm(project: Path, *scripts: str) -> Iterator[Step]:
    """A step for each of the scripts that the project has."""
    known = json.loads((project / "package.json").read_text())["scripts"]
    for script in scripts:
        if script in known:
            yield Step(f"{project.name}: {script}", partial(run, node.npm("run", "--silent", script), project))


def lint() -> Iterator[Step]:
    yield python("ruff check", "ruff", "check", ".")
    yield python("ruff format", "ruff", "format", "--check", ".")
    yield python("mypy", "mypy")
    yield Step("imports", lambda: run([str(Path(PYTHON).parent / "lint-imports")]))
    yield Step("hadolint", lambda: run([str(Path(PYTHON).parent / "hadolint"), "Dockerfile"]))
    yield Step("migrations", lambda: manage("makemigrations", "--check", "--dry-run"))
    yield Step("schema", schema_is_committed)
    for project in PROJECTS:
        yield Step(f"{project.name}: packages", partial(install, project))
        yield from npm(project, "lint", "check", "format:check")


def test() -> Iterator[Step]:
    yield from lint()
    for project in PROJECTS:
        yield from npm(project, "test", "build")
    yield Step("pytest", test_in_two)


def test_in_two() -> None:
    """Two runs at once, each with servers of its own, about as long: one would leave a core idle.

    The first speaks as it goes, the second when both are over.
    """
    rest = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").iterdir() if has_tests(path))
    rest = [path for path in rest if path not in LONGEST]
    with tempfile.TemporaryFile() as said:
        begin = partial(subprocess.Popen, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL)
        first = begin([PYTHON, "-m", "pytest", *LONGEST])
        second = begin([PYTHON, "-m", "pytest", *rest], stdout=said, stderr=subprocess.STDOUT)
        codes = [first.wait(), second.wait()]
        said.seek(0)
        print(f"\n== pytest {' '.join(rest)}\n{said.read().decode(errors='replace')}", flush=True)
    if any(codes):
        raise StepFailedError(f"ended with exit codes {codes[0]} and {codes[1]}")


def has_tests(path: Path) -> bool:
    return path.is_dir() and any(path.rglob("test_*.py"))


def schema() -> Iterator[Step]:
    yield Step("schema", lambda: write_schema(SCHEMA))
    web = ROOT / "web"
    yield Step("web: packages", lambda: install(web))
    yield from npm(web, "types")


def main(what: str) -> int:
    begun = time.monotonic()
    for step in {"test": test, "lint": lint, "schema": schema}[what]():
        print(f"\n== {step.name}", flush=True)
        start = time.monotonic()
        try:
            step.do()
        except StepFailedError as failure:
            print(f"\n== {step.name} FAILED: {failure}", flush=True)
            return 1
        print(f"== {step.name}: {time.monotonic() - start:.1f} s", flush=True)
    print(f"\nAll green in {time.monotonic() - begun:.0f} s", flush=True)
    if what == "test" and (lacks := elasticsearch.missing()):
        print(f"\n*** NOT RUN: the tests of search on Elasticsearch. {lacks}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "test"))
