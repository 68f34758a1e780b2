"""A pytest plugin (`-p tests.services`): real PostgreSQL, Redis and edge for the whole run, on throw-away data.

They start before Django reads its settings, which take everything from the environment. The processes of pytest-xdist
share those of the run that started them.
"""

import contextlib
import os
from collections.abc import Generator, Iterator

import pytest

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
