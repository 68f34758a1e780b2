"""An account in a real browser: sign-up with a code, a passkey, and signing out elsewhere."""

import re

import pytest

from accounts.models import Mail, Session
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EMAIL = "new@example.com"


def code_from_mailbox(browser, live_server):
    """As a person does: look at the local mailbox until the mail is there."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    for _ in range(50):
        page.goto("/mail/")
        found = re.search(r"Your code is ([A-Z0-9-]+)", page.inner_text("body"))
        if found:
            context.close()
            return found.group(1)
        page.wait_for_timeout(100)
    raise AssertionError(f"no code came; {Mail.objects.count()} mails wait")


def sign_in(page, email=EMAIL, password=PASSWORD):
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=account-name]")


@pytest.fixture
def authenticator(page):
    """Chromium's virtual authenticator: a phone that has checked its owner's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


@pytest.fixture
def another_browser(browser, live_server):
    context = browser.new_context(base_url=live_server.url)
    yield context.new_page()
    context.close()


@pytest.fixture
def somebody(transactional_db):
    return UserFactory(email=EMAIL, display_name="New Listener")


def test_a_person_signs_up_with_the_code_from_the_mail_and_stays_signed_in(page, browser, live_server, postman):
    page.goto("/sign-up")
    page.fill("[name=display_name]", "New Listener")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=code-form]")

    page.fill("[name=code]", "AAAA-AAAA")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=This code is not right")
    page.fill("[name=code]", code_from_mailbox(browser, live_server))
    page.keyboard.press("Enter")

    page.wait_for_selector("[data-testid=account-name] >> text=New Listener")
    cookie = next(cookie for cookie in page.context.cookies() if cookie["name"] == "__Host-refresh")
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (True, True, "Strict")
    assert "refresh" not in page.evaluate("JSON.stringify(localStorage) + document.cookie")
    # The access token is gone with the page; the cookie brings the next one.
    page.reload()
    page.wait_for_selector("[data-testid=account-name] >> text=New Listener")
    assert Session.objects.get().generation >= 1


def test_a_passkey_is_added_after_a_proof_and_signs_in(page, somebody, authenticator, postman):
    sign_in(page)
    page.goto("/account")
    page.click("text=Add a passkey")
    page.fill("[name=proof]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=passkeys] li")

    with page.expect_response("**/auth/sign-out"):
        page.click("[aria-label='Sign out']")
    page.wait_for_selector("text=Create an account")
    page.goto("/sign-in")
    page.click("text=Sign in with a passkey")

    page.wait_for_selector("[data-testid=account-name] >> text=New Listener")
    assert Session.objects.live().count() == 1


def test_signing_out_elsewhere_signs_that_browser_out(page, another_browser, somebody, postman):
    sign_in(page)
    sign_in(another_browser)
    page.goto("/account")
    page.wait_for_selector("[data-testid=sessions] li >> nth=1")
    assert "this browser" in page.inner_text("[data-testid=sessions]")

    page.click("text=Sign out everywhere else")
    page.wait_for_selector("text=You are signed in nowhere else")

    another_browser.goto("/account")
    another_browser.wait_for_selector("text=You are not signed in")
    page.reload()
    page.wait_for_selector("[data-testid=account-name]")


def test_signing_out_takes_the_cookie_away(page, somebody):
    sign_in(page)

    with page.expect_response("**/auth/sign-out"):
        page.click("[aria-label='Sign out']")
    page.wait_for_selector("text=Create an account")

    assert [cookie for cookie in page.context.cookies() if cookie["name"] == "__Host-refresh"] == []
    page.reload()
    page.wait_for_selector("text=Create an account")
    assert not Session.objects.live().exists()


def test_a_forgotten_password_is_replaced_with_a_code(page, browser, live_server, somebody, postman):
    page.goto("/sign-in")
    page.fill("[name=email]", EMAIL)
    page.click("text=Forgot your password?")
    page.wait_for_selector("[name=new_password]")
    page.fill("[name=code]", code_from_mailbox(browser, live_server))
    page.fill("[name=new_password]", "another long secret")
    page.keyboard.press("Enter")

    page.wait_for_selector("[data-testid=account-name] >> text=New Listener")
