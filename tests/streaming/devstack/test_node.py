import subprocess

import pytest

from streaming.devstack import chromium, node


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    (folder / "package-lock.json").write_text("{}")
    (folder / "src" / "main.ts").write_text("1")
    return folder


@pytest.fixture
def runs():
    """A runner that makes what npm would make, and remembers what it was asked for."""
    asked = []

    def run(what, command, folder, env):
        asked.append(what)
        for made in ("node_modules", "dist"):
            (folder / made).mkdir(exist_ok=True)

    run.asked = asked
    return run


def test_packages_are_installed_once_per_lock(project, runs):
    node.install(project, runs, {})
    node.install(project, runs, {})
    assert runs.asked == ["installing packages"]

    (project / "package-lock.json").write_text('{"changed": true}')
    node.install(project, runs, {})
    assert runs.asked == ["installing packages"] * 2


def test_the_page_is_built_once_per_change_of_a_source_or_the_schema(project, runs, tmp_path):
    schema = tmp_path / "openapi.yaml"
    schema.write_text("a")
    for _ in range(2):
        node.build(project, [schema], runs, {})
    assert len(runs.asked) == 1

    schema.write_text("b")
    node.build(project, [schema], runs, {})
    (project / "src" / "main.ts").write_text("2")
    node.build(project, [schema], runs, {})
    assert len(runs.asked) == 3


def test_a_build_by_someone_else_is_not_taken_for_ours(project, runs):
    node.build(project, [], runs, {})
    (project / "dist" / node.STAMP).unlink()

    node.build(project, [], runs, {})

    assert len(runs.asked) == 2


def test_scripts_find_a_node_that_is_new_enough_and_an_npm_that_works(tmp_path):
    env = node.env(tmp_path, {"PATH": "/usr/bin:/bin"})

    said = subprocess.run(
        ["sh", "-c", "node --version && npm --version"], env=env, capture_output=True, text=True, check=True
    )

    version = said.stdout.splitlines()[0].lstrip("v").split(".")
    assert (int(version[0]), int(version[1])) >= node.OLDEST


def test_a_chromium_that_is_named_is_taken(monkeypatch, tmp_path):
    monkeypatch.setenv("CHROMIUM", "/opt/my-chromium")

    found = chromium.find(tmp_path, tmp_path)

    assert str(found.path) == "/opt/my-chromium"
    assert found.env is None


def test_without_any_chromium_the_refusal_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(chromium.NoChromiumError, match="make test"):
        chromium.find(tmp_path, tmp_path)
