import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.privacy.services import erase_user
from billing.services import give_grant
from catalog.ingest.models import Asset
from playback.ads.models import Campaign, Impression
from playback.ads.tokens import write_click, write_impression
from streaming.lib import ids
from tests.factories import GenreFactory, TrackFactory
from tests.factories.ads import CampaignFactory, CreativeFactory
from tests.playback.ads.breaks import ask, heard, later

NEXT = {"tracks": 3, "listened_ms": 900_000}


@pytest.fixture
def listener(api_as, bob):
    return api_as(bob)


@pytest.fixture
def ad(listener, db):
    CreativeFactory()
    return ask(listener).json()["ad"]


# --- Breaks ----------------------------------------------------------------------------------------------------------


def test_a_break_has_an_ad_with_all_a_player_needs(listener, settings):
    creative = CreativeFactory(banner=True)

    response = ask(listener)

    assert response.status_code == 200
    assert response.json()["next_break"] == NEXT
    found = response.json()["ad"]
    asset = creative.recording.assets.get(quality="standard")
    assert found.keys() == {
        "impression", "kind", "link", "expires_at", "duration_ms", "gain_db", "advertiser", "title", "banner", "click",
    }  # fmt: skip
    assert found["link"].startswith(f"{settings.MEDIA_BASE_URL}/{asset.uid}/")
    assert found["banner"].startswith(settings.MEDIA_BASE_URL)
    assert (found["kind"], found["duration_ms"], found["gain_db"]) == ("audio", 12_000, -4.0)
    assert (found["advertiser"], found["title"]) == (creative.campaign.advertiser.name, "Spring sale")
    assert found["click"].startswith("/api/v1/ad-clicks/")


def test_without_banner_and_address_both_are_null(listener):
    CreativeFactory(ready=Asset.Quality.VIDEO, campaign=CampaignFactory(click_url=""))

    found = ask(listener).json()["ad"]

    assert (found["kind"], found["banner"], found["click"]) == ("video", None, None)


@pytest.mark.parametrize(("tracks", "listened_ms"), [(2, 899_999), (0, 0)])
def test_before_a_break_is_due_there_is_none(listener, tracks, listened_ms):
    CreativeFactory()

    answer = ask(listener, tracks=tracks, listened_ms=listened_ms).json()

    assert answer == {"ad": None, "next_break": NEXT}


def test_the_settings_say_when_a_break_is_due(listener, settings):
    settings.ADS_EVERY_TRACKS, settings.ADS_EVERY_MINUTES = 5, 20
    CreativeFactory()

    assert ask(listener, tracks=4).json() == {"ad": None, "next_break": {"tracks": 5, "listened_ms": 1_200_000}}
    assert ask(listener, tracks=5).json()["ad"] is not None


def test_who_pays_hears_none_and_costs_no_query(api_as, alice):
    CreativeFactory()
    client = api_as(alice)
    ask(client)

    with CaptureQueriesContext(connection) as queries:
        answer = ask(client)

    assert answer.json() == {"ad": None, "next_break": NEXT}
    assert len(queries) == 0
    assert not Impression.objects.exists()


def test_who_began_to_pay_is_ad_free_at_once(transactional_db, api_as, bob):
    """With the token from before."""
    CreativeFactory()
    client = api_as(bob)
    assert ask(client, tracks=0).json()["ad"] is None

    give_grant(user=bob, reason="gift")

    assert ask(client).json()["ad"] is None
    assert not Impression.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_a_warm_break_costs_seven_queries_with_any_number_of_ads(transactional_db, api_as, bob, count):
    genre = GenreFactory()
    track = TrackFactory()
    track.release.genres.add(genre)
    for _ in range(count):
        CreativeFactory(banner=True, campaign=CampaignFactory(genres=[genre], countries=["US", "DE"]))
    client = api_as(bob)
    ask(client, tracks=0)

    # The ads, the genres beside them, what this listener heard; BEGIN, the hold, the impression, COMMIT.
    with CaptureQueriesContext(connection) as queries:
        answer = ask(client, track=track)

    assert answer.json()["ad"] is not None
    assert len(queries) == 7


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/tracks"),
        ({"tracks": -1, "listened_ms": 0}, "/tracks"),
        ({"tracks": 1001, "listened_ms": 0}, "/tracks"),
        ({"tracks": "many", "listened_ms": 0}, "/tracks"),
        ({"tracks": 1, "listened_ms": -1}, "/listened_ms"),
        ({"tracks": 1, "listened_ms": 2**31}, "/listened_ms"),
        ({"tracks": 1, "listened_ms": 0, "track": "x"}, "/track"),
        ([], ""),
    ],
)
def test_a_malformed_request_is_400_with_a_pointer(listener, body, pointer):
    response = listener.post("/api/v1/ad-breaks", body, format="json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"].startswith(pointer)


def test_breaks_and_impressions_need_a_session(db, api):
    assert ask(api).status_code == 401
    assert heard(api, "x").status_code == 401


# --- Impressions -----------------------------------------------------------------------------------------------------


def test_what_was_heard_is_counted_once_however_often_it_is_sent(listener, ad):
    with later(seconds=12):
        answers = [heard(listener, ad["impression"]) for _ in range(3)]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"counted": True})] * 3
    assert (Campaign.objects.get().delivered, Campaign.objects.get().held) == (1, 0)


def test_what_was_broken_off_is_not_counted(listener, ad):
    with later(seconds=12):
        assert heard(listener, ad["impression"], listened_ms=9_999).json() == {"counted": False}


def test_strangers_and_forgers_find_nothing(listener, ad, api_as, charlie, bob):
    unknown = write_impression(impression_uid=ids.new_uid(), user_uid=bob.uid)

    with later(seconds=12):
        answers = [heard(api_as(charlie), ad["impression"])]
        answers += [heard(listener, token) for token in (unknown, f"x{ad['impression']}", "x", "é.\x7f")]

    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        assert answer.json()["errors"][0]["pointer"] == "/impression"
    assert Campaign.objects.get().delivered == 0


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/impression"),
        ({"impression": "x" * 501, "listened_ms": 0}, "/impression"),
        ({"impression": "x", "listened_ms": -1}, "/listened_ms"),
        ({"impression": "x"}, "/listened_ms"),
    ],
)
def test_a_malformed_report_is_400_with_a_pointer(listener, body, pointer):
    response = listener.post("/api/v1/ad-impressions", body, format="json")

    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)


# --- Clicks ----------------------------------------------------------------------------------------------------------


def test_a_click_leads_to_the_address_of_the_campaign_and_counts_once(api, ad):
    """Without signing in: a browser opens it in a window of its own."""
    answers = [api.get(ad["click"]) for _ in range(2)]

    for answer in answers:
        assert (answer.status_code, answer["Location"]) == (302, "https://shop.example.com/spring")
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
    assert Campaign.objects.get().clicks == 1
    assert Impression.objects.get().clicked_at is not None


def test_looking_where_it_leads_counts_nothing(api, ad):
    assert api.head(ad["click"])["Location"] == "https://shop.example.com/spring"
    assert Campaign.objects.get().clicks == 0


def test_an_old_token_of_another_does_not_stop_a_click(ad, client):
    assert client.get(ad["click"], headers={"Authorization": "Bearer nonsense"}).status_code == 302


def test_no_other_token_leads_anywhere(api, ad):
    token = ad["click"].rpartition("/")[2]
    forged = [f"{token}x", f"x{token}", ad["impression"], write_click(impression_uid=ids.new_uid()), "https:"]

    for one in forged:
        answer = api.get(f"/api/v1/ad-clicks/{one}?next=https://evil.test/&url=https://evil.test/")
        assert answer.status_code == 404, one
        assert "Location" not in answer


def test_a_campaign_without_an_address_leads_nowhere(api, ad):
    Campaign.objects.update(click_url="")

    assert api.get(ad["click"]).status_code == 404


# --- Ads are never music ---------------------------------------------------------------------------------------------


def test_an_ad_is_in_no_list_and_no_search_even_as_a_track(api, listener, index):
    recording = CreativeFactory().recording
    recording.title = "Buy this umbrella"
    recording.save()
    track = TrackFactory(recording=recording, ready=False)
    index()

    for path in ("tracks", "releases", "artists"):
        assert api.get(f"/api/v1/{path}").json()["results"] == []
    assert api.get(f"/api/v1/tracks/{track.uid}").status_code == 404
    assert "umbrella" not in str(api.get("/api/v1/search?q=umbrella").json()["tracks"])
    ticket = listener.post("/api/v1/play-tickets", {"items": [{"track": str(track.uid)}]}, format="json")
    assert (ticket.status_code, ticket.json()["code"]) == (404, "NOT_FOUND")


# --- Erasure ---------------------------------------------------------------------------------------------------------


def test_erasing_a_listener_moves_no_total(listener, ad, bob):
    with later(seconds=12):
        heard(listener, ad["impression"])

    erase_user(user=bob)

    assert Impression.objects.get().listener is None
    assert Campaign.objects.get().delivered == 1
