"""A pytest plugin (`-p tests.services`): real PostgreSQL, Redis and edge for the whole run, on throw-away data.

They start before Django reads its settings, which take everything from the environment. The processes of pytest-xdist
share those of the run that started them.
"""

import contextlib
import os
from collections.abc import Generator, Iterator

import pytest

from streaming.devstack import elasticsearch
from streaming.devstack.temporary import Server, Temporary, temporary

_session = contextlib.ExitStack()
_running: Temporary | None = None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    options = early_config.known_args_namespace
    if "PYTEST_XDIST_WORKER" not in os.environ and not options.help and not options.version:
        _start()
    return (yield)


def _start() -> None:
    global _running  # noqa: PLW0603  fixtures are module functions; the hook runs before any of them
    _running = _session.enter_context(temporary())
    os.environ.update({**_running.env, "DJANGO_SETTINGS_MODULE": "streaming.settings.test"})


def pytest_unconfigure() -> None:
    _session.close()


@pytest.fixture(scope="session")
def services() -> Temporary:
    if _running is None:
        pytest.fail("The services belong to the process that started this worker: run this test without -n.")
    return _running


def _whole(server: Server) -> Iterator[Server]:
    yield server
    server.thaw()
    server.start()


@pytest.fixture
def postgres_server(services: Temporary) -> Iterator[Server]:
    """The tests' PostgreSQL, to be stopped or frozen; whole again after the test."""
    yield from _whole(services.servers["postgres"])


@pytest.fixture
def redis_server(services: Temporary) -> Iterator[Server]:
    """The tests' Redis, to be stopped or frozen; whole (and empty, once it was stopped) again after the test."""
    yield from _whole(services.servers["redis"])


@pytest.fixture
def edge_server(services: Temporary) -> Iterator[Server]:
    """The tests' edge and R2, to be stopped or frozen; whole again after the test."""
    yield from _whole(services.servers["edge"])


@pytest.fixture(scope="session")
def _elasticsearch(services: Temporary) -> Server:
    services.add_elasticsearch()
    return services.servers[elasticsearch.NAME]


@pytest.fixture(scope="session")
def elasticsearch_url(services: Temporary, _elasticsearch: Server) -> str:
    """Of a server of this run's own, started for the first test that asks."""
    return services.env["ELASTICSEARCH_URL"]


@pytest.fixture
def elasticsearch_server(_elasticsearch: Server) -> Iterator[Server]:
    """The tests' Elasticsearch, to be stopped or frozen; whole again after the test."""
    yield from _whole(_elasticsearch)


NEED_IT = ("_elasticsearch", "elasticsearch_url", "elasticsearch_server")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `elasticsearch` are left out where it can't run, and said loudly in the end; never in CI."""
    for item in items:
        if set(NEED_IT) & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.elasticsearch)
    needing = [item for item in items if item.get_closest_marker("elasticsearch")]
    lacks = elasticsearch.missing() if needing else ""
    if not lacks:
        return
    if os.environ.get("REQUIRE_ELASTICSEARCH"):
        raise pytest.UsageError(f"{len(needing)} tests need Elasticsearch. {lacks}")
    config.hook.pytest_deselected(items=needing)
    config.stash[LEFT_OUT] = f"{len(needing)} TESTS WERE NOT RUN: they need Elasticsearch. {lacks}"
    items[:] = [item for item in items if item not in needing]


LEFT_OUT = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if said := config.stash.get(LEFT_OUT, ""):
        terminalreporter.write_line(said, red=True, bold=True)
