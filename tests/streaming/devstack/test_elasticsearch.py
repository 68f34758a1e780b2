import http.client
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from streaming.devstack import elasticsearch, settled
from streaming.devstack.site import ROOT

MARKED = "import pytest\n\n\n@pytest.mark.elasticsearch\ndef test_it(): ...\n\n\ndef test_another(): ...\n"


def java(folder, version):
    home = folder / "jdk"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").touch(0o755)
    (home / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{version}"\n')


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without tools."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", "")
    monkeypatch.setattr(elasticsearch, "MACHINE_JAVAS", tmp_path / "jvm")
    return tmp_path


@pytest.mark.parametrize("version", ["17.0.2", "8", "x"])
def test_it_says_what_to_install(bare, version):
    java(bare / "jvm", version)

    assert elasticsearch.missing() == f"This machine lacks Java 21, mvn, unzip. {elasticsearch.HOW}."


def test_without_any_java_it_says_so(bare):
    assert "lacks Java 21" in elasticsearch.missing()


@pytest.mark.parametrize("version", ["21", "25.0.1"])
def test_with_java_and_tools_nothing_is_missing(bare, version):
    java(bare / "jvm", version)
    for tool in ("mvn", "unzip"):
        (bare / tool).touch(0o755)

    assert elasticsearch.missing() == ""


def test_run_with_it_says_at_once_what_is_missing(bare, monkeypatch):
    monkeypatch.setenv("SEARCH", "elasticsearch")
    monkeypatch.delenv("ELASTICSEARCH_URL", raising=False)

    with pytest.raises(settled.IncompleteError, match="lacks Java 21, mvn, unzip"):
        settled.plan(bare / "var", ())


def collect(tmp_path, **more):
    """A run of two tests, one of which needs it, on a machine that has no tools."""
    (tmp_path / "test_some.py").write_text(MARKED)
    env = {**os.environ, "PATH": "", "JAVA_HOME": "", "PYTEST_XDIST_WORKER": "gw0", "REQUIRE_ELASTICSEARCH": "", **more}
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", str(tmp_path / "test_some.py")]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)


def test_where_it_can_not_run_its_tests_are_left_out_loudly(tmp_path):
    done = collect(tmp_path)

    assert done.returncode == 0
    assert "1 passed, 1 deselected" in done.stdout
    assert "1 TESTS WERE NOT RUN: they need Elasticsearch. This machine lacks" in done.stdout.splitlines()[-2]


def test_where_it_is_required_that_is_a_failure(tmp_path):
    done = collect(tmp_path, REQUIRE_ELASTICSEARCH="1")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "1 tests need Elasticsearch. This machine lacks" in done.stderr


def answers(url):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_a_server_is_started_stopped_and_started_again(elasticsearch_url, elasticsearch_server):
    assert answers(elasticsearch_url)

    elasticsearch_server.stop()
    assert not answers(elasticsearch_url)

    elasticsearch_server.start()
    assert answers(elasticsearch_url)
