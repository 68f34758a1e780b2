from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import F

from accounts.roles.permissions import may
from catalog.music.models import Recording
from playback.ads.models import Advertiser, Campaign
from playback.ads.roles import OPERATOR_PERMISSIONS, ensure_roles
from streaming.lib import clock
from tests.factories import GenreFactory, RecordingFactory, UserFactory
from tests.factories.ads import AdvertiserFactory, CampaignFactory, CreativeFactory

NO_CREATIVES = {"creatives-TOTAL_FORMS": 0, "creatives-INITIAL_FORMS": 0}


@pytest.fixture
def operator(db):
    """In the group, and no superuser: the group is enough."""
    ensure_roles()
    user = UserFactory(email="op@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name="operators"))
    return user


@pytest.fixture
def admin(staff_as, operator):
    return staff_as(operator)


def fields(campaign, **changed):
    """The form of a campaign's page, filled in."""
    form = {
        "advertiser": campaign.advertiser_id,
        "name": campaign.name,
        "starts_at_0": f"{campaign.starts_at:%Y-%m-%d}",
        "starts_at_1": f"{campaign.starts_at:%H:%M:%S}",
        "ends_at_0": f"{campaign.ends_at:%Y-%m-%d}",
        "ends_at_1": f"{campaign.ends_at:%H:%M:%S}",
        "budget": campaign.budget,
        "countries": ",".join(campaign.countries),
        "priority": campaign.priority,
        "daily_cap": campaign.daily_cap,
        "minutes_between": campaign.minutes_between,
        "click_url": campaign.click_url,
        "is_active": "on",
    }
    return {**form, **NO_CREATIVES, **changed}


def errors(answer):
    return str(answer.context["adminform"].form.errors)


def test_an_operator_books_a_campaign(admin):
    advertiser, genre = AdvertiserFactory(), GenreFactory()
    recording = Recording.objects.create(kind="ad", title="Jingle")
    ends_at = clock.now() + timedelta(days=9)
    draft = Campaign(advertiser=advertiser, name="Spring", budget=9, countries=["DE", "AT"], ends_at=ends_at)
    row = {"creatives-TOTAL_FORMS": 1, "creatives-0-recording": recording.pk, "creatives-0-is_active": "on"}

    answer = admin.post("/admin/playback/campaign/add/", fields(draft, genres=[genre.pk], **row))

    assert answer.status_code == 302, errors(answer)
    campaign = Campaign.objects.get()
    assert (campaign.name, campaign.countries, list(campaign.genres.all())) == ("Spring", ["DE", "AT"], [genre])
    assert campaign.creatives.get().recording == recording


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"countries": "DE,UK"}, "No such country: UK"),
        ({"click_url": "https://127.0.0.1/"}, "public name"),
        ({"budget": 0}, "greater than or equal to 1"),
        ({"priority": 11}, "less than or equal to 10"),
        ({"ends_at_0": "2001-01-01"}, "ends after it starts"),
    ],
)
def test_a_campaign_that_can_not_work_is_refused_with_a_sentence(admin, changed, sentence):
    campaign = CampaignFactory()

    answer = admin.post(f"/admin/playback/campaign/{campaign.pk}/change/", fields(campaign, **changed))

    assert answer.status_code == 200
    assert sentence in errors(answer)


def test_a_song_is_no_creative(admin):
    campaign, song = CampaignFactory(), RecordingFactory(title="Song")
    row = {"creatives-TOTAL_FORMS": 1, "creatives-0-recording": song.pk}

    answer = admin.post(f"/admin/playback/campaign/{campaign.pk}/change/", fields(campaign, **row))

    assert answer.status_code == 200
    assert not campaign.creatives.exists()


def test_a_budget_below_what_was_given_is_refused(admin):
    campaign = CampaignFactory(delivered=5, held=1)

    answer = admin.post(f"/admin/playback/campaign/{campaign.pk}/change/", fields(campaign, budget=5))

    assert "6 were given already" in errors(answer)


def test_saving_a_page_does_not_turn_the_counters_back(admin, monkeypatch):
    """As if an ad were given between the reading of the row and its writing."""
    campaign = CampaignFactory()
    save = Campaign.save

    def save_later(self, *args, **kwargs):
        Campaign.objects.filter(pk=campaign.pk).update(held=F("held") + 1)
        save(self, *args, **kwargs)

    monkeypatch.setattr(Campaign, "save", save_later)
    answer = admin.post(f"/admin/playback/campaign/{campaign.pk}/change/", fields(campaign, name="Renamed"))

    assert answer.status_code == 302, errors(answer)
    campaign.refresh_from_db()
    assert (campaign.name, campaign.held) == ("Renamed", 1)


def test_the_list_shows_delivery_against_plan(admin):
    now = clock.now()
    days = timedelta(days=5, minutes=1)
    CampaignFactory(starts_at=now - days, ends_at=now + days, budget=1000, delivered=300)

    page = admin.get("/admin/playback/campaign/").content.decode()

    assert '<progress max="1000" value="300" aria-label="30 % delivered">' in page
    assert '<span class="bb-bad">300 of 1000 (30 %), expected by now 500</span>' in page


@pytest.mark.parametrize(
    ("query", "shown"), [("", 3), ("?standing=running", 1), ("?standing=planned", 1), ("?standing=ended", 1)]
)
def test_campaigns_are_filtered_by_where_they_stand(admin, query, shown):
    now, day = clock.now(), timedelta(days=1)
    CampaignFactory()
    CampaignFactory(starts_at=now + day, ends_at=now + 2 * day)
    CampaignFactory(starts_at=now - 2 * day, ends_at=now - day)

    assert admin.get(f"/admin/playback/campaign/{query}").content.decode().count("bb-plan") == shown


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_with_any_rows(admin, count, django_assert_max_num_queries):
    for _ in range(count):
        CampaignFactory()
    admin.get("/admin/playback/campaign/")

    with django_assert_max_num_queries(14):
        admin.get("/admin/playback/campaign/")


def test_a_campaign_page_says_where_its_ads_stand(admin):
    campaign = CampaignFactory()
    CreativeFactory(campaign=campaign, banner=True)
    CreativeFactory(campaign=campaign, ready=False)

    page = admin.get(f"/admin/playback/campaign/{campaign.pk}/change/").content.decode()

    assert "Ready" in page
    assert "Nothing uploaded yet" in page


def test_an_advertiser_with_campaigns_stays(admin):
    advertiser = CampaignFactory().advertiser

    admin.post(f"/admin/playback/advertiser/{advertiser.pk}/delete/", {"post": "yes"})

    assert Advertiser.objects.filter(pk=advertiser.pk).exists()


def test_operators_may_and_nobody_else_does(operator, editor, bob):
    campaign = CampaignFactory()

    for permission in OPERATOR_PERMISSIONS:
        assert may(operator, f"playback.{permission}", campaign)
        assert not may(editor, f"playback.{permission}", campaign)
        assert not may(bob, f"playback.{permission}", campaign)


def test_an_ad_needs_no_artist_and_a_song_does(staff_as, editor):
    client = staff_as(editor)
    form = {"title": "Jingle", "credits-TOTAL_FORMS": 1, "credits-INITIAL_FORMS": 0, "credits-0-role": "main"}
    form = {**form, "credits-0-position": 0, "credits-0-artist": "", "lyrics-TOTAL_FORMS": 0, "lyrics-INITIAL_FORMS": 0}

    assert client.post("/admin/catalog/recording/add/", {**form, "kind": "audio"}).status_code == 200
    assert client.post("/admin/catalog/recording/add/", {**form, "kind": "ad"}).status_code == 302

    assert list(Recording.objects.values_list("title", "kind")) == [("Jingle", "ad")]
