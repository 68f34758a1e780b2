import os

import pytest
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
