"""The charts page: choosing, moving between periods, why a rank, and what it says before there is a chart."""

from datetime import timedelta

import pytest

from analytics.charts.rules import BY_NAME, newest_over
from analytics.charts.services import make_due
from streaming.lib import clock
from tests.analytics.charts.listening import hear
from tests.e2e.test_pages import check_page, sized_page  # noqa: F401  a fixture
from tests.factories import ArtistFactory, RecordingFactory, TrackFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def charts(transactional_db):
    """Of the last closed day: three listeners each, in the order of the names."""
    closed = newest_over(BY_NAME["tracks-daily"], clock.now())
    people = [UserFactory(created_at=clock.now() - timedelta(days=90)) for _ in range(3)]
    artist = ArtistFactory(name="Mira Solano")
    for streams, title in ((3, "Harbour at Night"), (2, "A Very Long Title That Has To Be Cut Before It Breaks")):
        track = TrackFactory(recording=RecordingFactory(title=title, by=[artist]))
        for person in people:
            hear(person, track, streams, day=closed)
    make_due()


def test_charts_are_read_and_explained(sized_page, charts):  # noqa: F811
    page = sized_page
    page.goto("/")
    page.get_by_role("link", name="Charts").first.click()

    rows = page.get_by_test_id("chart-row")
    rows.first.wait_for()
    assert rows.count() == 2
    assert "Harbour at Night" in rows.first.inner_text()
    assert "New" in rows.first.inner_text()
    rows.first.get_by_role("button", name="Why rank 1").click()
    page.get_by_text("9 streams by 3 listeners").wait_for()
    check_page(page, f"charts-{page.shot_name}")
    page.get_by_role("button", name="How it is made").click()
    page.get_by_role("dialog").get_by_text("A stream counts unless").wait_for()
    page.keyboard.press("Escape")

    page.locator("select[name=chart]").select_option("artists-daily")
    page.get_by_role("link", name="Mira Solano").first.wait_for()
    page.get_by_role("button", name="The period before").click()
    page.get_by_text("There is no such chart of that time.").wait_for()
    page.get_by_role("button", name="Show the newest").click()
    page.get_by_role("link", name="Mira Solano").first.wait_for()


def test_before_the_first_chart_it_says_so(page, transactional_db):
    page.goto("/charts")

    page.get_by_text("No chart yet").wait_for()
    check_page(page, "charts-none")
