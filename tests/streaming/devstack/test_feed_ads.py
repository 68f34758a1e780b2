from functools import partial

import pyotp
import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP

from catalog.ingest.models import Master
from catalog.ingest.services import run_ingest
from catalog.music.models import Recording
from playback.ads.models import Advertiser, Campaign
from streaming.devstack.demo import ADS, build_banner, build_jingle
from streaming.devstack.demo.music import render
from streaming.devstack.feeder.admin import Admin
from streaming.devstack.feeder.seller import Seller
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD
from tests.playback.ads.breaks import give, later

AD = ADS[0]


@pytest.fixture
def admin(transactional_db, live_server):
    secret = pyotp.random_base32()
    operator = UserFactory(email="op@example.com", is_staff=True, is_superuser=True)
    TOTP.activate(operator, secret)
    return Admin(f"{live_server.url}/admin/", email=operator.email, password=PASSWORD, totp_secret=secret)


def files_of(seller, folder):
    return seller.files(AD, banner=partial(build_banner, AD, folder), master=partial(build_jingle, AD, folder))


def test_ads_last_ten_to_fifteen_seconds_and_are_not_silent():
    for ad in ADS:
        assert 10 <= ad.recipe.seconds <= 15
        assert abs(render(ad.recipe)).max() > 10_000


def test_a_campaign_is_booked_once_with_its_ad(admin):
    pk = Seller(admin).campaign(AD)

    assert Seller(admin).campaign(AD) == pk
    campaign = Campaign.objects.get()
    assert (campaign.advertiser.name, campaign.click_url) == (AD.advertiser, AD.address)
    recording = campaign.creatives.get().recording
    assert (recording.title, recording.kind, recording.credits.count()) == (AD.title, "ad", 0)
    assert (Advertiser.objects.count(), Recording.objects.count()) == (1, 1)


def test_a_listener_is_given_the_ad_with_its_banner_once_both_are_ingested(admin, bob, tmp_path):
    seller = Seller(admin)
    seller.campaign(AD)
    uids = list(files_of(seller, tmp_path))

    for master in Master.objects.filter(uid__in=uids):
        run_ingest(job_id=master.job.pk)

    ad = give(bob)
    assert (ad.kind, ad.advertiser, round(ad.duration_ms / 1000)) == ("audio", AD.advertiser, 12)
    for address, kind in ((ad.link.url, "application/vnd.apple.mpegurl"), (ad.banner, "image/webp")):
        answer = requests.get(address, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
    assert list(files_of(Seller(admin), tmp_path)) == uids[1:]
    with later(minutes=2):
        assert give(bob) is None


def test_an_upload_that_stopped_after_the_banner_goes_on_with_the_sound(admin, tmp_path):
    next(files_of(Seller(admin), tmp_path))

    list(files_of(Seller(admin), tmp_path))

    assert [master.filename[-4:] for master in Master.objects.order_by("pk")] == [".jpg", "flac"]
