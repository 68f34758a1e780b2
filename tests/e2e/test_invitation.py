"""From the mail to the team, in a real browser: the token leaves the address, and is there again after signing in."""

import pytest

from accounts.models import Mail
from catalog.music import teams
from catalog.music.models import Membership
from tests.e2e.test_pages import check_page
from tests.factories import ArtistFactory, LabelFactory, UserFactory
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EMAIL = "invited@example.com"


@pytest.fixture
def invite(transactional_db, live_server):
    """The link of the mail."""
    owner = UserFactory(display_name="Olga")

    def build(team):
        page = f"{live_server.url}/invitations#"
        teams.invite_member(team=team, email=EMAIL, role="member", invited_by=owner, page=page)
        text = Mail.objects.latest("pk").text
        return next(word for word in text.split() if word.startswith(page))

    return build


def sign_in_by_dialog(page):
    page.fill("dialog [name=email]", EMAIL)
    page.fill("dialog [name=password]", PASSWORD)
    page.keyboard.press("Enter")


def test_somebody_invited_signs_in_and_joins_the_label(page, invite):
    user = UserFactory(email=EMAIL)
    page.goto(invite(LabelFactory(name="Night Bus Records")))

    page.get_by_text("Olga invites you to the team of").wait_for()
    assert page.url.endswith("/invitations")
    check_page(page, "invitation")
    page.get_by_test_id("accept").click()
    sign_in_by_dialog(page)

    page.get_by_test_id("accepted").wait_for()
    assert page.get_by_text("authenticator app").is_visible()
    assert Membership.objects.get(user=user).label.name == "Night Bus Records"
    page.reload()
    page.get_by_text("This invitation is over").wait_for()


def test_another_account_is_told_that_it_is_not_the_one(page, invite):
    link = invite(ArtistFactory(name="Mira Solano"))
    UserFactory(email="other@example.com")
    page.goto("/sign-in")
    page.fill("[name=email]", "other@example.com")
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.goto(link)

    page.get_by_test_id("accept").click()

    page.get_by_role("alert").wait_for()
    assert not Membership.objects.filter(artist__name="Mira Solano").exists()
