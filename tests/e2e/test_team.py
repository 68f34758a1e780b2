"""A label's owner invites people in the admin; the mail is read, answered, and opens the label and nothing else."""

import re

import pytest

from accounts.models import User
from catalog.music.models import Invitation, Membership
from tests.e2e.test_account import code_from_mailbox
from tests.e2e.test_admin_catalogue import track_of
from tests.e2e.test_admin_upload import sign_in
from tests.e2e.test_pages import SHOTS, check_page, scrolls_sideways
from tests.factories import LabelFactory, UserFactory, staff_of
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

NEW, KNOWN = "nia@example.com", "kim@example.com"


@pytest.fixture
def owner(label):
    return staff_of(label, role="owner", email="owner@example.com", display_name="Olga")


@pytest.fixture
def phone(browser, live_server):
    """The browser of somebody invited, at night."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def invite(page, label, *people):
    page.goto(f"/admin/catalog/label/{label.pk}/change/")
    for row, (email, role) in enumerate(people):
        page.get_by_text("Add another Invitation").click()
        page.fill(f"[name=invitations-{row}-email]", email)
        page.select_option(f"[name=invitations-{row}-role]", role)
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()


def link_from_mailbox(browser, live_server, address):
    """As a person does: look at the local mailbox until the mail is there."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    for _ in range(50):
        page.goto("/mail/")
        mails = page.locator("article").filter(has_text=f"To {address}")
        found = re.search(rf"{live_server.url}/invitations#[\w-]+", mails.first.inner_text()) if mails.count() else None
        if found:
            context.close()
            return found.group()
        page.wait_for_timeout(100)
    raise AssertionError("no invitation came")


def sign_up_by_dialog(page, browser, live_server):
    page.get_by_role("main").get_by_role("button", name="Create an account").click()
    page.fill("dialog [name=display_name]", "Nia")
    page.fill("dialog [name=email]", NEW)
    page.fill("dialog [name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=code-form]")
    page.fill("[name=code]", code_from_mailbox(browser, live_server))
    page.keyboard.press("Enter")


def test_who_is_invited_works_for_the_label_and_meets_nothing_else(
    page, phone, browser, live_server, postman, owner, label
):
    track_of(label, "Harbour")
    track_of(LabelFactory(name="Elsewhere"), "Zebra")
    sign_in(page, owner)
    invite(page, label, (NEW, "member"))

    phone.goto(link_from_mailbox(browser, live_server, NEW))
    phone.get_by_text("Olga invites you to the team of").wait_for()
    check_page(phone, "invitation-390-dark")
    sign_up_by_dialog(phone, browser, live_server)
    phone.get_by_test_id("accept").click()
    phone.get_by_test_id("accepted").wait_for()
    check_page(phone, "invitation-accepted-390-dark")

    sign_in(phone, User.objects.get(email=NEW))
    for model in ("release", "recording", "track"):
        phone.goto(f"/admin/catalog/{model}/")
        phone.get_by_text("Harbour").first.wait_for()
        assert phone.get_by_text("Zebra").count() == 0
    assert not scrolls_sideways(phone)
    # The team is there to be seen; inviting is for owners.
    phone.goto(f"/admin/catalog/label/{label.pk}/change/")
    phone.get_by_text("owner@example.com").first.wait_for()
    assert phone.get_by_text("Add another Invitation").count() == 0


def test_who_declines_is_in_no_team_and_stands_on_the_page_no_more(
    page, phone, browser, live_server, postman, owner, label
):
    UserFactory(email=KNOWN)
    sign_in(page, owner)
    invite(page, label, (KNOWN, "reader"), (NEW, "member"))
    link = link_from_mailbox(browser, live_server, KNOWN)
    page.goto(f"/admin/catalog/label/{label.pk}/change/")
    assert page.locator("#invitations-group").get_by_text(KNOWN).count() == 1
    page.screenshot(path=SHOTS / "admin-team.png", full_page=True)

    phone.goto(link)
    phone.get_by_role("main").get_by_role("button", name="Sign in").click()
    phone.fill("dialog [name=email]", KNOWN)
    phone.fill("dialog [name=password]", PASSWORD)
    phone.keyboard.press("Enter")
    phone.get_by_role("button", name="Decline").click()
    phone.get_by_test_id("declined").wait_for()

    assert not Membership.objects.filter(user__email=KNOWN).exists()
    page.reload()
    shown = page.locator("#invitations-group")
    shown.get_by_text(NEW).wait_for()
    assert shown.get_by_text(KNOWN).count() == 0
    # The other one is taken back.
    shown.locator("label:has(input[name=invitations-0-DELETE])").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    assert sorted(Invitation.objects.values_list("state", "email")) == [("declined", ""), ("withdrawn", "")]
