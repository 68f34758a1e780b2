"""No budget is ever exceeded, and nothing is counted twice: with threads, late answers and processes that die."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from catalog.ingest.models import Asset
from playback.ads import services
from playback.ads.models import Campaign, Impression
from playback.ads.turns import take_turn
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.accounts.sessions.racing import await_somebody_at_a_lock, on_own_connection, parallel
from tests.factories import GenreFactory, LabelFactory, TrackFactory, UserFactory
from tests.factories.ads import CampaignFactory, CreativeFactory
from tests.playback.ads.breaks import count, give, later


def counters(campaign):
    campaign.refresh_from_db()
    return campaign.delivered, campaign.held


# --- Giving ----------------------------------------------------------------------------------------------------------


def test_an_ad_that_is_given_holds_a_piece_of_the_budget(bob):
    creative = CreativeFactory()

    ad = give(bob)

    assert (ad.title, ad.kind, ad.duration_ms, ad.gain_db) == ("Spring sale", "audio", 12_000, -4.0)
    assert counters(creative.campaign) == (0, 1)
    impression = Impression.objects.get()
    assert (impression.creative, impression.listener, impression.market) == (creative, bob, "US")
    assert impression.expires_at - impression.held_at == timedelta(minutes=10)


def test_asking_again_at_once_gives_no_second_ad(bob):
    CreativeFactory(), CreativeFactory()

    assert [give(bob) is not None for _ in range(3)] == [True, False, False]
    with later(seconds=61):
        assert give(bob) is not None


def test_without_an_ad_it_was_no_break(bob):
    assert give(bob) is None
    CreativeFactory()

    assert give(bob) is not None


def test_an_ad_without_its_asset_or_switched_off_is_not_given(bob):
    CreativeFactory(ready=False)
    CreativeFactory(is_active=False)
    CreativeFactory(campaign=CampaignFactory(is_active=False))

    assert give(bob) is None


def test_a_creative_that_is_no_ad_any_more_is_not_given(bob):
    creative = CreativeFactory()
    creative.recording.kind = "audio"
    creative.recording.label = LabelFactory()
    creative.recording.save()

    assert give(bob) is None


def test_an_ad_goes_where_and_beside_what_was_booked(bob, charlie):
    jazz = GenreFactory()
    track = TrackFactory()
    track.release.genres.add(jazz)
    CreativeFactory(campaign=CampaignFactory(genres=[jazz], countries=["US"]))

    assert give(bob) is None
    assert give(bob, track_uid=uuid.uuid4()) is None
    assert give(bob, track_uid=TrackFactory().uid) is None
    assert give(bob, track_uid=track.uid) is not None
    assert give(charlie, track_uid=track.uid, market="DE") is None


def test_a_master_with_a_picture_is_played_as_video_and_has_its_banner(bob, settings):
    creative = CreativeFactory(ready=Asset.Quality.VIDEO, banner=True)

    ad = give(bob)

    video, banner = (creative.recording.assets.get(quality=quality) for quality in ("video", "banner"))
    assert ad.kind == "video"
    assert ad.link.url.startswith(f"{settings.MEDIA_BASE_URL}/{video.uid}/")
    assert ad.link.url.endswith("/main.m3u8")
    assert ad.banner.startswith(f"{settings.MEDIA_BASE_URL}/{banner.uid}/")
    assert ad.banner.endswith("/1000.webp")


def test_a_campaign_that_is_sold_out_leaves_the_break_to_another(bob):
    first = CampaignFactory(priority=9, budget=1, delivered=1)
    second = CampaignFactory(priority=1)
    CreativeFactory(campaign=first), CreativeFactory(campaign=second)

    give(bob)

    assert (counters(first), counters(second)) == ((1, 0), (0, 1))


def test_the_budget_is_looked_at_again_when_it_is_taken(transactional_db, bob):
    """Sold out between reading and taking: the next campaign gets the break."""
    first, second = CampaignFactory(priority=9, budget=1), CampaignFactory(priority=1)
    CreativeFactory(campaign=first), CreativeFactory(campaign=second)
    answers = []

    with transaction.atomic():
        Campaign.objects.filter(pk=first.pk).update(delivered=1)
        other = threading.Thread(target=lambda: answers.append(on_own_connection(lambda: give(bob))))
        other.start()
        await_somebody_at_a_lock()
    other.join()

    assert answers[0] is not None
    assert (counters(first), counters(second)) == ((1, 0), (0, 1))


def test_the_database_itself_refuses_more_than_the_budget(db):
    campaign = CampaignFactory(budget=1)

    with pytest.raises(IntegrityError, match="campaign_within_budget"):
        Campaign.objects.filter(pk=campaign.pk).update(delivered=1, held=1)


def test_a_process_that_dies_while_it_gives_leaves_nothing_behind(transactional_db, bob):
    campaign = CreativeFactory().campaign

    def die():
        with transaction.atomic():
            give(bob)
            connection.connection.close()

    with pytest.raises((InterfaceError, OperationalError)):
        parallel(1, die)

    assert counters(campaign) == (0, 0)
    assert not Impression.objects.exists()


def test_the_last_ad_is_remembered_however_long_ago(bob, charlie):
    CreativeFactory()
    give(bob)

    with later(days=2):
        assert give(bob) is None
        assert give(charlie) is not None
        CreativeFactory()
        assert give(bob) is not None


# --- A hundred listeners, one impression -----------------------------------------------------------------------------


def test_a_budget_of_one_is_given_once_and_counted_once_among_a_hundred(transactional_db):
    campaign = CampaignFactory(budget=1)
    CreativeFactory(campaign=campaign)
    waiting = [UserFactory() for _ in range(100)]
    users = iter(waiting)
    guard = threading.Lock()

    def listen():
        with guard:
            user = next(users)
        ad = give(user)
        return (user, ad) if ad else None

    given = [one for one in parallel(100, listen) if one]

    assert len(given) == 1
    assert counters(campaign) == (0, 1)
    user, ad = given[0]
    with later(minutes=1):
        assert count(user, ad.impression)
    assert counters(campaign) == (1, 0)
    assert give(UserFactory()) is None


def test_a_hundred_listeners_share_a_budget_of_seven(transactional_db):
    campaign = CampaignFactory(budget=7)
    CreativeFactory(campaign=campaign)
    users = iter([UserFactory() for _ in range(100)])
    guard = threading.Lock()

    def listen():
        with guard:
            user = next(users)
        return give(user)

    assert sum(ad is not None for ad in parallel(100, listen)) == 7
    assert counters(campaign) == (0, 7)


def test_one_account_that_asks_twenty_times_at_once_gets_one_ad(transactional_db, bob):
    CreativeFactory(), CreativeFactory()

    assert sum(ad is not None for ad in parallel(20, lambda: give(bob))) == 1
    assert Impression.objects.count() == 1


# --- Counting --------------------------------------------------------------------------------------------------------


def test_a_confirmation_turns_the_hold_into_a_delivery_once(bob):
    campaign = CreativeFactory().campaign
    ad = give(bob)

    with later(seconds=12):
        assert [count(bob, ad.impression) for _ in range(3)] == [True, True, True]

    assert counters(campaign) == (1, 0)


def test_twenty_confirmations_at_once_are_one(transactional_db, bob):
    campaign = CreativeFactory().campaign
    ad = give(bob)

    with later(seconds=12):
        answers = parallel(20, lambda: count(bob, ad.impression))

    assert answers == [True] * 20
    assert counters(campaign) == (1, 0)


def test_what_was_not_heard_is_not_counted_and_may_be_later(bob):
    campaign = CreativeFactory().campaign
    ad = give(bob)

    with later(seconds=30):
        assert not count(bob, ad.impression, listened_ms=9_999)
        assert counters(campaign) == (0, 1)
        assert count(bob, ad.impression, listened_ms=10_000)


def test_more_than_can_have_been_heard_is_not_counted(bob):
    CreativeFactory()
    ad = give(bob)

    assert not count(bob, ad.impression)


def test_another_users_token_and_a_forged_one_are_not_found(bob, charlie):
    CreativeFactory()
    ad = give(bob)

    for user, token in ((charlie, ad.impression), (bob, f"{ad.impression}x"), (bob, ad.click), (bob, "")):
        with pytest.raises(DomainError) as refused:
            count(user, token)
        assert (refused.value.code, refused.value.status) == ("NOT_FOUND", 404)
    assert Impression.objects.get().counted_at is None


# --- Holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_that_nobody_confirms_is_released(bob):
    """As when the player, or a process of ours, dies between the two."""
    campaign = CampaignFactory(budget=1)
    CreativeFactory(campaign=campaign)
    give(bob)

    assert services.release_expired() == 0
    with later(minutes=10):
        assert services.release_expired() == 1
        assert services.release_expired() == 0
        assert counters(campaign) == (0, 0)
        assert give(UserFactory()) is not None


def test_an_expired_hold_that_is_still_there_counts(bob):
    campaign = CampaignFactory(budget=1)
    CreativeFactory(campaign=campaign)
    ad = give(bob)

    with later(minutes=11):
        assert count(bob, ad.impression)
        assert services.release_expired() == 0
    assert counters(campaign) == (1, 0)


def test_a_late_confirmation_counts_while_budget_is_left(bob, charlie):
    campaign = CampaignFactory(budget=1)
    CreativeFactory(campaign=campaign)
    ad = give(bob)

    with later(minutes=11):
        services.release_expired()
        other = give(charlie)
        assert not count(bob, ad.impression)
        assert counters(campaign) == (0, 1)
    with later(minutes=22):
        services.release_expired()
        assert count(bob, ad.impression)
        assert not count(charlie, other.impression)
    assert counters(campaign) == (1, 0)


def test_a_day_later_nothing_is_counted(bob):
    campaign = CreativeFactory().campaign
    ad = give(bob)

    with later(hours=25):
        assert not count(bob, ad.impression)
    assert counters(campaign) == (0, 1)


def test_two_releases_and_a_confirmation_at_once_agree(transactional_db, bob):
    campaign = CampaignFactory(budget=1)
    CreativeFactory(campaign=campaign)
    ad = give(bob)

    def one_of(turns=iter(range(30)), guard=threading.Lock()):  # noqa: B008  shared by the threads on purpose
        with guard:
            turn = next(turns)
        return services.release_expired() if turn % 3 else count(bob, ad.impression)

    with later(minutes=11):
        parallel(30, one_of)
        assert count(bob, ad.impression)

    assert counters(campaign) == (1, 0)


def test_a_release_passes_by_what_is_being_counted(transactional_db, bob):
    campaign = CreativeFactory().campaign
    give(bob)

    with later(minutes=11), transaction.atomic():
        Impression.objects.select_for_update().get()
        assert parallel(1, services.release_expired) == [0]
    assert counters(campaign) == (0, 1)


# --- Without Redis, and clicks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", [False, True])
def test_without_redis_breaks_are_still_given_and_kept_apart(transactional_db, bob, redis_server, frozen):
    CreativeFactory(), CreativeFactory()
    redis_server.freeze() if frozen else redis_server.stop()

    assert [give(bob) is not None for _ in range(2)] == [True, False]


def test_a_turn_is_kept_by_the_injected_clock(bob):
    apart = timedelta(minutes=1)
    at = clock.now()

    assert take_turn(bob.uid, at=at, apart=apart)
    assert not take_turn(bob.uid, at=at + timedelta(seconds=59), apart=apart)
    assert take_turn(bob.uid, at=at + apart, apart=apart)


def test_a_click_counts_once_however_many_follow_at_once(transactional_db, bob):
    campaign = CreativeFactory().campaign
    ad = give(bob)

    addresses = parallel(20, lambda: services.follow_click(token=ad.click, counted=True))

    assert set(addresses) == {campaign.click_url}
    campaign.refresh_from_db()
    assert campaign.clicks == 1
