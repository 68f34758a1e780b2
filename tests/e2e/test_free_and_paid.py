"""From free with ads to Premium and back, in a real browser: what is heard between songs follows what is paid for."""

import json
import re
from datetime import timedelta

import pytest
import time_machine

from billing.models import Purchase
from billing.services import fold_lapsed
from catalog.music.models import Recording
from playback.ads.models import Campaign
from streaming.lib import clock
from tests.catalog.ingest.media import film, picture, tone
from tests.e2e.test_first_song import sign_in, upload
from tests.e2e.test_pages import check_page, sized_page  # noqa: F401  a fixture
from tests.e2e.test_subscription import products, shop, tell  # noqa: F401  fixtures
from tests.factories import RecordingFactory, ReleaseFactory, TrackFactory
from tests.factories.ads import CampaignFactory, CreativeFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

SONGS = ("Low Tide", "Slack Water", "First Flood", "High Water")


@pytest.fixture
def songs(transactional_db, tmp_path):
    """A release of four songs of three seconds."""
    release = ReleaseFactory(title="Tides")
    for number, title in enumerate(SONGS, start=1):
        track = TrackFactory(ready=False, release=release, number=number, recording=RecordingFactory(title=title))
        master = tone(tmp_path / f"{number}.wav", 3, hertz=220 * number)
        upload(master, "audio/wav", recording=track.recording)
    return release


@pytest.fixture
def book(transactional_db, tmp_path):
    """Books a campaign whose ad was really ingested: sound or a video, with a banner."""

    def build(advertiser, *, master, content_type="audio/wav", **booked):
        ends_at = clock.now() + timedelta(days=90)
        campaign = CampaignFactory(advertiser__name=advertiser, ends_at=ends_at, **booked)
        ad = Recording.objects.create(kind=Recording.Kind.AD, title=f"Come to {advertiser}")
        CreativeFactory(campaign=campaign, recording=ad, ready=False)
        upload(master, content_type, recording=ad)
        upload(picture(tmp_path / "banner.png"), "image/png", recording=ad)
        return campaign

    return build


@pytest.fixture
def campaigns(book, settings, tmp_path):
    # A page that was never told has its first break after three songs; from then on one is enough.
    settings.ADS_EVERY_TRACKS = 1
    coffee = book("Corner Coffee", master=tone(tmp_path / "coffee.wav", 6, hertz=660), priority=10)
    return coffee, book("Bellfield Umbrellas", master=tone(tmp_path / "umbrellas.wav", 6, hertz=550))


@pytest.fixture
def asked(page):
    """How often the page has asked for an ad."""
    requests = []
    page.on("request", lambda request: requests.append(request) if request.url.endswith("/ad-breaks") else None)
    return requests


def play(page, release):
    page.goto(f"/releases/{release.uid}")
    page.get_by_test_id("play-all").click()


def wait_for_song(page, title):
    page.get_by_test_id("now-playing-title").get_by_text(title).wait_for(timeout=30_000)


def hear_break(page, advertiser, *, then):
    """Waits for the ad, sees that it can't be passed over, and hears it to its end; how it was counted."""
    ad = page.get_by_test_id("ad-now")
    ad.get_by_text(advertiser).wait_for(timeout=30_000)
    assert re.match(rf"Ad\s*·\s*{advertiser}\s*·\s*0:0\d\s+Then: {then}", ad.inner_text())
    banner = page.get_by_test_id("ad-banner")
    assert banner.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert page.get_by_role("button", name="Next", exact=True).is_disabled()
    assert page.get_by_role("button", name="Previous", exact=True).is_disabled()
    assert page.get_by_role("slider", name="Position").is_disabled()
    with page.expect_response("**/api/v1/ad-impressions", timeout=30_000) as answered:
        wait_for_song(page, then)
    assert (ad.count(), banner.count()) == (0, 0)
    return answered.value.json()


def delivered(campaign):
    return Campaign.objects.values_list("delivered", "held").get(pk=campaign.pk)


def let_time_pass(travel, account, live_server, when):
    """Everywhere at once: here, at Stripe's stand-in, and in what beat does each second."""
    travel.move_to(when)
    account.advance_to(when)
    tell(account, live_server)
    fold_lapsed()


def subscribe(page, account, live_server):
    page.get_by_role("link", name="Premium").first.click()
    page.get_by_test_id("buy").click()
    page.wait_for_selector("text=This is a stand-in for Stripe. No money moves")
    page.get_by_role("button", name="Pay with a good card").click()
    page.wait_for_selector("text=Waiting for your payment")
    tell(account, live_server)
    page.wait_for_selector("h1 >> text=You are on Premium")


def cancel(page, account, live_server):
    """Returns the end of what is paid for."""
    page.goto("/subscription")
    page.get_by_role("button", name="Cancel Premium").click()
    page.get_by_test_id("confirm-cancel").click()
    page.wait_for_selector("text=You keep Premium until then")
    tell(account, live_server)
    return Purchase.objects.get().paid_until


@pytest.mark.usefixtures("products")
def test_a_free_listener_hears_an_ad_pays_cancels_and_hears_ads_again_when_it_has_ended(
    page,
    songs,
    campaigns,
    asked,
    shop,  # noqa: F811
    bob,
    live_server,
    api_as,
):
    coffee, umbrellas = campaigns
    sign_in(page, bob.email)
    play(page, songs)
    assert hear_break(page, "Corner Coffee", then="High Water") == {"counted": True}
    assert (delivered(coffee), len(asked)) == ((1, 0), 1)

    subscribe(page, shop, live_server)
    play(page, songs)
    wait_for_song(page, "Slack Water")
    wait_for_song(page, "First Flood")
    assert (page.get_by_test_id("ad-now").count(), len(asked)) == (0, 1)
    given = api_as(bob).post("/api/v1/ad-breaks", {"tracks": 9, "listened_ms": 9_000_000}, "json")
    assert given.json()["ad"] is None

    end = cancel(page, shop, live_server)
    day = f"{end.day} {end:%b %Y}"
    with time_machine.travel(clock.now()) as travel:
        let_time_pass(travel, shop, live_server, end - timedelta(days=10))
        page.reload()
        page.wait_for_selector(f"[data-testid=subscription-text] >> text=Ends on {day}")
        play(page, songs)
        wait_for_song(page, "Slack Water")
        assert len(asked) == 1

        let_time_pass(travel, shop, live_server, end)
        page.goto("/subscription")
        page.wait_for_selector(f"[data-testid=subscription-title] >> text=Premium ended on {day}")
        page.get_by_role("link", name="See Premium").wait_for()
        play(page, songs)
        # Never the same ad twice in a row, though the other one goes first.
        assert hear_break(page, "Bellfield Umbrellas", then="Slack Water") == {"counted": True}
    assert (delivered(coffee), delivered(umbrellas), len(asked)) == ((1, 0), (1, 0), 2)


def bottom(locator):
    box = locator.bounding_box()
    return box["y"] + box["height"]


def right(locator):
    box = locator.bounding_box()
    return box["x"] + box["width"]


def make_break_due(page, listener):
    now = {"tracks": 0, "listened_ms": 0}
    entry = [f"backbeat.breaks.{listener.uid}", json.dumps({"since": now, "next": now})]
    page.evaluate("([name, value]) => localStorage.setItem(name, value)", entry)


def test_a_video_ad_fills_the_content_and_the_song_comes_after_it(page, songs, book, bob, settings, tmp_path):
    master = film(tmp_path / "shoes.mp4", 6, width=426, height=240)
    shoes = book("Northgate Shoes", master=master, content_type="video/mp4")
    settings.ADS_EVERY_TRACKS = 0
    sign_in(page, bob.email)
    make_break_due(page, bob)

    play(page, songs)
    wait_for_song(page, "Low Tide")
    page.get_by_role("button", name="Next", exact=True).click()
    page.locator("video#media").wait_for()
    assert page.get_by_role("heading", level=1, name="Advertisement by Northgate Shoes").count() == 1
    page.get_by_role("button", name="Make the video small").click()
    assert bottom(page.get_by_test_id("ad-banner")) < page.locator("video#media").bounding_box()["y"]
    assert hear_break(page, "Northgate Shoes", then="Slack Water") == {"counted": True}

    assert page.locator("video#media").count() == 0
    assert delivered(shoes) == (1, 0)


def test_a_break_can_be_used_by_everyone(sized_page, songs, book, bob, settings, tmp_path):  # noqa: F811
    page = sized_page
    book("The Corner Coffee Company", master=tone(tmp_path / "coffee.wav", 9, hertz=660))
    settings.ADS_EVERY_TRACKS = 0
    sign_in(page, bob.email)
    make_break_due(page, bob)
    play(page, songs)
    wait_for_song(page, "Low Tide")
    page.get_by_role("button", name="Next", exact=True).click()
    page.get_by_test_id("ad-banner").wait_for()

    # An ad may be paused, and then it waits.
    page.get_by_test_id("player-toggle").click()
    page.wait_for_selector("[data-testid=player-toggle][aria-label=Play]")

    check_page(page, f"break-{page.shot_name}")
    words = page.get_by_test_id("ad-now")
    assert words.locator("span").first.evaluate("line => line.scrollWidth <= line.clientWidth")
    assert right(words) <= page.get_by_test_id("player-toggle").bounding_box()["x"]
