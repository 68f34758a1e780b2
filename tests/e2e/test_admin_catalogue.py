"""Label staff and editors at work in the admin, in a real browser."""

from datetime import timedelta

import pytest

from catalog.rights.models import Rule
from catalog.rights.services import open_takedown
from streaming.lib import clock
from tests.e2e.test_admin_upload import sign_in
from tests.e2e.test_pages import SHOTS, check_page, scrolls_sideways
from tests.factories import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SIZES = [(390, 800), (1280, 800)]


def track_of(label, word):
    release = ReleaseFactory(label=label, title=f"{word} album")
    return TrackFactory(release=release, recording=RecordingFactory(label=label, title=f"{word} song"))


def test_label_staff_meet_their_label_only(page, label_editor, label):
    track_of(label, "Harbour")
    track_of(LabelFactory(name="Elsewhere"), "Zebra")
    sign_in(page, label_editor)

    for model in ("release", "recording", "track"):
        page.goto(f"/admin/catalog/{model}/")
        page.get_by_text("Harbour").first.wait_for()
        assert page.get_by_text("Zebra").count() == 0
    page.goto("/admin/catalog/track/add/")
    page.locator(".select2-selection").first.click()
    page.keyboard.type("alb")
    page.locator(".select2-results").get_by_text("Harbour album").wait_for()
    assert page.get_by_text("Zebra").count() == 0
    page.goto("/admin/catalog/rule/time-machine/?country=US")
    page.get_by_text("Harbour song").wait_for()
    assert page.get_by_text("Zebra").count() == 0


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_an_editor_travels_in_time(page, editor, label, size):
    ending = track_of(label, "Harbour")
    Rule.objects.create(release=ending.release, access="paid", ends_at=clock.now() + timedelta(days=5))
    until = (clock.now() + timedelta(days=9)).date()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, editor)

    page.goto("/admin/catalog/rule/")
    page.get_by_role("link", name="Time machine").click()
    page.get_by_text("Show").wait_for()
    page.fill("[name=until]", until.isoformat())
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show").click()

    page.get_by_text("Lost").first.wait_for()
    assert page.get_by_text("free everywhere").is_visible()
    check_page(page, f"time-machine-{size[0]}")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_first_page_says_what_waits(page, editor, label, size):
    track = track_of(label, "Harbour")
    Rule.objects.create(release=track.release, ends_at=clock.now() + timedelta(days=5))
    open_takedown(recording=track.recording, reason="court", claimant="A court")
    page.set_viewport_size({"width": size[0], "height": size[1]})

    sign_in(page, editor)

    page.get_by_text("Court order by A court").wait_for()
    check_page(page, f"admin-home-{size[0]}")


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_page_of_a_release_with_its_rules(page, editor, label, size):
    track = track_of(label, "Harbour")
    Rule.objects.create(release=track.release, scope="include", territories=["DE", "FR"])
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, editor)

    page.goto(f"/admin/catalog/release/{track.release.pk}/change/")

    page.get_by_text("Harbour song").first.wait_for()
    # The theme's tables of rows name their fields by their heads only, which axe does not see.
    page.screenshot(path=SHOTS / f"admin-release-{size[0]}.png", full_page=True)
    assert not scrolls_sideways(page)
