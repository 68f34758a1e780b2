import os
import threading

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import sync_playwright

from streaming.devstack import chromium


@pytest.fixture(scope="session")
def browser():
    # Playwright runs an event loop in this thread, and Django refuses its ORM where one runs.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    found = chromium.find()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(found.path), args=list(found.args), env=dict(found.env) if found.env else None
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class InFlight:
    """The requests that the server is at."""

    def __init__(self):
        self.number, self.changed = 0, threading.Condition()

    def begin(self, **_):
        with self.changed:
            self.number += 1

    def end(self, **_):
        with self.changed:
            self.number -= 1
            self.changed.notify_all()

    def wait_for_none(self):
        with self.changed:
            assert self.changed.wait_for(lambda: self.number <= 0, timeout=15), f"{self.number} requests never ended"


@pytest.fixture(autouse=True)
def nothing_in_flight(transactional_db):
    """The tables are emptied once no request is left: a page that was closed may have asked for more, and the lock on
    all tables and the locks of a request would wait for one another."""
    requests = InFlight()
    request_started.connect(requests.begin)
    request_finished.connect(requests.end)
    yield
    requests.wait_for_none()
    request_started.disconnect(requests.begin)
    request_finished.disconnect(requests.end)


@pytest.fixture
def page(browser, live_server):
    """A fresh browser profile; a script error on the page fails the test."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(15_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []
