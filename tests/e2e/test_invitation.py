"""From the mail to the team, in a real browser: the token leaves the address, and is there again after signing in."""

import pytest

from accounts.models import Mail, User
from catalog.music import teams
from catalog.music.models import Invitation, Membership
from tests.e2e.test_account import code_from_mailbox
from tests.e2e.test_pages import check_page
from tests.factories import ArtistFactory, LabelFactory, UserFactory
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EMAIL = "invited@example.com"


@pytest.fixture
def invite(transactional_db, live_server):
    """The link of the mail."""
    owner = UserFactory(display_name="Olga")

    def build(team, email=EMAIL):
        page = f"{live_server.url}/invitations#"
        teams.invite_member(team=team, email=email, role="member", invited_by=owner, page=page)
        text = Mail.objects.latest("pk").text
        return next(word for word in text.split() if word.startswith(page))

    return build


def sign_in_by_dialog(page):
    page.fill("dialog [name=email]", EMAIL)
    page.fill("dialog [name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.locator("dialog").wait_for(state="detached")


def sign_in(page, email):
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def kept(page):
    return page.evaluate("sessionStorage.getItem('backbeat.invitation')")


def in_main(page, name):
    return page.get_by_role("main").get_by_role("button", name=name)


def test_somebody_invited_signs_in_and_joins_the_label(page, invite):
    user = UserFactory(email=EMAIL)
    page.goto(invite(LabelFactory(name="Night Bus Records")))

    page.get_by_text("Olga invites you to the team of").wait_for()
    assert page.url.endswith("/invitations")
    page.get_by_text("You are not signed in").wait_for()
    assert page.get_by_test_id("accept").count() == 0
    check_page(page, "invitation")
    in_main(page, "Sign in").click()
    sign_in_by_dialog(page)
    page.get_by_test_id("accept").click()

    page.get_by_test_id("accepted").wait_for()
    assert page.get_by_text("authenticator app").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert Membership.objects.get(user=user).label.name == "Night Bus Records"
    assert kept(page) is None
    page.reload()
    page.get_by_text("No invitation is open here").wait_for()


def test_somebody_new_signs_up_on_the_way_and_joins_the_artist(page, browser, live_server, invite, postman):
    link = invite(ArtistFactory(name="Mira Solano"))
    # Their mail is out, so that the code is the newest one.
    Mail.objects.all().delete()
    page.goto(link)
    in_main(page, "Create an account").click()
    page.fill("dialog [name=display_name]", "Nia")
    page.fill("dialog [name=email]", EMAIL)
    page.fill("dialog [name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=code-form]")
    page.fill("[name=code]", code_from_mailbox(browser, live_server))
    page.keyboard.press("Enter")

    page.get_by_test_id("accept").click()

    page.get_by_test_id("accepted").wait_for()
    page.get_by_role("link", name="Go to the dashboard").click()
    page.get_by_role("heading", name="Mira Solano").wait_for()
    assert Membership.objects.get(user__email=EMAIL).artist.name == "Mira Solano"
    assert not User.objects.get(email=EMAIL).is_staff


def test_who_signs_in_on_the_page_for_it_comes_back_to_the_invitation(page, invite):
    UserFactory(email=EMAIL)
    page.goto(invite(ArtistFactory(name="Mira Solano")))
    page.get_by_text("You are not signed in").wait_for()

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Sign in").click()
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")

    page.get_by_test_id("accept").wait_for()


def test_another_account_is_told_so_and_makes_way_for_the_right_one(page, invite):
    link, user = invite(ArtistFactory(name="Mira Solano")), UserFactory(email=EMAIL)
    UserFactory(email="other@example.com")
    sign_in(page, "other@example.com")
    page.goto(link)

    page.get_by_test_id("of-another").wait_for()
    assert "other@example.com" in page.get_by_test_id("of-another").inner_text()
    assert EMAIL not in page.content()
    assert page.get_by_test_id("accept").count() == 0
    check_page(page, "invitation-of-another")
    in_main(page, "Sign out and use the other account").click()
    sign_in_by_dialog(page)
    page.get_by_test_id("accept").click()

    page.get_by_test_id("accepted").wait_for()
    assert Membership.objects.get(artist__name="Mira Solano").user == user


def test_a_second_link_in_the_same_tab_is_read(page, invite):
    UserFactory(email=EMAIL)
    first, second = invite(ArtistFactory(name="Mira Solano")), invite(LabelFactory(name="Night Bus Records"))
    sign_in(page, EMAIL)
    page.goto(first)
    page.get_by_role("button", name="Decline").click()
    page.get_by_test_id("declined").wait_for()
    assert kept(page) is None

    # Only what follows the # changes: the browser loads no page.
    page.goto(second)

    page.get_by_role("main").get_by_text("Night Bus Records").wait_for()
    assert page.url.endswith("/invitations")
    page.get_by_test_id("accept").click()
    page.get_by_text("You are in the team of Night Bus Records").wait_for()
    page.goto(first)
    page.get_by_text("This invitation was declined").wait_for()


def test_a_link_that_is_over_says_why_and_is_forgotten(page, invite, live_server):
    team = LabelFactory(name="Night Bus Records")
    replaced, withdrawn, late = invite(team), invite(team), invite(team, "late@example.com")
    teams.withdraw_invitation(invitation=Invitation.objects.get(email=EMAIL))
    Invitation.objects.filter(email="late@example.com").update(expires_at="2020-01-01T00:00Z")
    unknown = f"{live_server.url}/invitations#{'x' * 43}"

    for link, sentence in (
        (replaced, "another mail took its place"),
        (withdrawn, "This invitation was withdrawn"),
        (late, "This invitation has expired"),
        (unknown, "There is no such invitation"),
    ):
        page.goto(link)
        page.get_by_text(sentence).wait_for()
        page.wait_for_function("sessionStorage.getItem('backbeat.invitation') === null")
    check_page(page, "invitation-over")
