"""What people change on the account page, in a real browser."""

import re

import pyotp
import pytest

from accounts.models import Export, Mail, Session, User
from accounts.privacy.exports import make_export
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EMAIL = "listener@example.com"


@pytest.fixture
def somebody(transactional_db):
    return UserFactory(email=EMAIL, display_name="Some Listener")


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


def begin_sign_in(page):
    page.goto("/sign-in")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")


def open_account(page):
    begin_sign_in(page)
    page.wait_for_selector("[data-testid=account-name]")
    page.goto("/account")
    page.wait_for_selector("[data-testid=sessions]")


def sign_out(page):
    with page.expect_response("**/auth/sign-out"):
        page.click("[aria-label='Sign out']")
    page.wait_for_selector("text=Create an account")


def prove(page):
    page.fill("[name=proof]", PASSWORD)
    page.keyboard.press("Enter")


def test_who_has_only_a_passkey_besides_the_password_uses_it_as_the_second_step(page, somebody, authenticator):
    open_account(page)
    page.click("text=Add a passkey")
    prove(page)
    page.wait_for_selector("[data-testid=passkeys] li")
    sign_out(page)

    begin_sign_in(page)
    page.wait_for_selector("[data-testid=code-form]")
    page.click("text=Use a passkey")

    page.wait_for_selector("[data-testid=account-name] >> text=Some Listener")


def test_an_app_is_set_up_and_a_recovery_code_takes_its_place(page, somebody):
    open_account(page)
    page.click("text=Set up an authenticator app")
    page.wait_for_selector("svg[aria-label^='QR code']")
    secret = page.inner_text("[data-testid=totp-secret]")
    page.fill("[name=totp_code]", pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    prove(page)
    page.click("text=Show the codes")
    code = page.inner_text("[data-testid=recovery-codes] li >> nth=0")
    sign_out(page)

    begin_sign_in(page)
    page.wait_for_selector("[data-testid=code-form]")
    page.fill("[name=code]", "not a code")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=This code is not right")
    page.fill("[name=code]", code)
    page.keyboard.press("Enter")

    page.wait_for_selector("[data-testid=account-name] >> text=Some Listener")


def test_the_address_changes_with_the_code_that_went_to_the_new_one(page, somebody):
    open_account(page)
    page.click("[data-testid=email] + button")
    page.fill("[name=new_email]", "other@example.com")
    page.keyboard.press("Enter")
    prove(page)
    page.wait_for_selector("[name=email_code]")
    mail = Mail.objects.filter(to="other@example.com").latest("pk")
    page.fill("[name=email_code]", re.search(r"Your code is (\S+)", mail.text).group(1))
    page.keyboard.press("Enter")

    page.wait_for_selector("text=Your address is now other@example.com")
    assert User.objects.get().email == "other@example.com"


def test_the_profile_and_the_explicit_filter_are_kept(page, somebody):
    open_account(page)
    page.fill("[name=display_name]", "Another Name")
    page.select_option("[name=language]", "de")
    page.focus("[name=language]")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Saved.")
    page.wait_for_selector("[data-testid=account-name] >> text=Another Name")

    page.click("text=Lock with a PIN")
    page.fill("[name=pin]", "2468")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Locked: the filter")
    assert page.is_checked("[name=hide_explicit]")
    assert page.is_disabled("[name=hide_explicit]")
    page.click("text=Remove the lock")
    page.fill("[name=pin]", "1357")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The PIN or the password is wrong.")
    page.fill("[name=pin]", "2468")
    page.keyboard.press("Enter")

    page.wait_for_selector("text=Not locked.")
    user = User.objects.get()
    assert (user.display_name, user.language) == ("Another Name", "de")
    assert (user.hide_explicit, user.explicit_lock) == (True, "")


def test_who_stays_signed_in_keeps_this_browser_when_the_password_changes(page, somebody):
    open_account(page)
    page.click("text=Change the password")
    page.fill("[name=current_password]", "wrong password")
    page.fill("[name=new_password]", "another long secret")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=This is not your present password.")
    page.fill("[name=current_password]", PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_selector("text=Your password was changed")
    page.reload()
    page.wait_for_selector("[data-testid=account-name] >> text=Some Listener")
    assert User.objects.get().check_password("another long secret")


def test_a_person_asks_for_their_data_and_gets_a_link(page, somebody):
    open_account(page)
    page.click("text=Ask for my data")
    prove(page)
    page.wait_for_selector("text=Your file is being made")
    assert make_export(export_id=Export.objects.get().pk)
    page.reload()

    with page.expect_download() as download:
        page.click("text=Download the file")

    assert EMAIL in download.value.path().read_text()


def test_a_deleted_account_is_gone_after_the_typed_word_and_a_proof(page, somebody):
    open_account(page)
    page.click("text=Delete my account")
    page.fill("[name=typed]", "yes")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Type the word delete to go on.")
    page.fill("[name=typed]", "delete")
    page.keyboard.press("Enter")
    prove(page)

    page.wait_for_selector("text=Create an account")
    assert User.objects.get().erased_at is not None
    assert not Session.objects.live().exists()


def test_a_vendor_is_offered_where_it_is_set_up_and_the_browser_goes_there(page, transactional_db, settings):
    page.goto("/sign-in")
    page.wait_for_load_state("networkidle")
    assert page.get_by_text("Continue with").count() == 0
    app = {"client_id": "app.backbeat.web", "secret": "secret", "settings": {"hidden": False}}
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}}
    page.reload()

    # The page's policy lets this form go there, and nowhere else; whether Google answers is not our matter.
    with page.expect_request("https://accounts.google.com/**") as asked:
        page.click("text=Continue with Google")

    assert "client_id=app.backbeat.web" in asked.value.url


def test_a_failed_way_back_is_said(page, transactional_db):
    page.goto("/sign-in?error=provider")

    page.wait_for_selector("text=Signing in there did not work")
