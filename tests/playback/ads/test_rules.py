from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playback.ads.rules import (
    Cadence,
    Candidate,
    Context,
    Given,
    choose_ad,
    delivery_of,
    expected_by,
    is_due,
    is_heard,
    is_too_late,
)

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CADENCE = Cadence(tracks=3, listened_ms=900_000, apart=timedelta(seconds=60))
CONTEXT = Context(
    at=NOW, market="US", genres=frozenset({1}), tracks=3, listened_ms=0, history=(), cadence=CADENCE, seed="bob"
)
AD = Candidate(
    creative_id=1,
    campaign_id=1,
    starts_at=NOW - timedelta(days=5),
    ends_at=NOW + timedelta(days=5),
    budget=100,
    delivered=50,
    held=0,
    countries=frozenset(),
    genres=frozenset(),
    priority=5,
    daily_cap=5,
    minutes_between=0,
)


def ago(ad, **passed):
    return Given(ad.creative_id, ad.campaign_id, NOW - timedelta(**passed))


@pytest.mark.parametrize(
    ("tracks", "listened_ms", "due"), [(2, 899_999, False), (3, 0, True), (0, 900_000, True), (0, 0, False)]
)
def test_a_break_is_due_after_tracks_or_minutes(tracks, listened_ms, due):
    assert is_due(CADENCE, tracks=tracks, listened_ms=listened_ms) is due
    chosen = choose_ad(replace(CONTEXT, tracks=tracks, listened_ms=listened_ms), [AD])
    assert (chosen is not None) is due


@pytest.mark.parametrize(
    "refused",
    [
        {"starts_at": NOW + timedelta(seconds=1)},
        {"ends_at": NOW},
        {"delivered": 100},
        {"delivered": 99, "held": 1},
        {"countries": frozenset({"DE", "AT"})},
        {"genres": frozenset({2})},
    ],
)
def test_what_was_not_booked_is_not_given(refused):
    assert choose_ad(CONTEXT, [replace(AD, **refused)]) is None


@pytest.mark.parametrize("booked", [{"countries": frozenset({"US"})}, {"genres": frozenset({1, 2})}])
def test_what_was_booked_is_given(booked):
    assert choose_ad(CONTEXT, [replace(AD, **booked)]) is not None


def test_without_a_track_beside_it_only_ads_of_all_genres_fit():
    nowhere = replace(CONTEXT, genres=frozenset())

    assert choose_ad(nowhere, [replace(AD, genres=frozenset({1}))]) is None
    assert choose_ad(nowhere, [AD]) == AD


def test_the_higher_priority_goes_first_even_when_it_is_ahead_of_its_plan():
    important = replace(AD, creative_id=2, campaign_id=2, priority=6, delivered=99)

    assert choose_ad(CONTEXT, [AD, important]) == important


def test_of_equal_priority_the_campaign_furthest_behind_goes_first():
    behind = replace(AD, creative_id=2, campaign_id=2, delivered=10)

    assert choose_ad(CONTEXT, [AD, behind]) == behind


def test_the_daily_cap_counts_24_hours():
    other = replace(AD, creative_id=2, campaign_id=2)
    capped = replace(AD, daily_cap=2)
    history = [ago(other, minutes=5), ago(AD, hours=1), ago(AD, hours=23, minutes=59)]

    assert choose_ad(replace(CONTEXT, history=history), [capped]) is None
    assert choose_ad(replace(CONTEXT, history=[*history[:2], ago(AD, hours=24)]), [capped]) == capped


def test_a_listener_is_spared_for_the_minutes_that_the_campaign_says():
    other = replace(AD, creative_id=2, campaign_id=2)
    sparing = replace(AD, minutes_between=30)

    assert choose_ad(replace(CONTEXT, history=[ago(other, minutes=5), ago(AD, minutes=29)]), [sparing]) is None
    assert choose_ad(replace(CONTEXT, history=[ago(other, minutes=5), ago(AD, minutes=30)]), [sparing]) == sparing


def test_the_same_ad_is_never_given_twice_in_a_row_however_long_ago():
    assert choose_ad(replace(CONTEXT, history=[ago(AD, days=30)]), [AD]) is None
    assert choose_ad(replace(CONTEXT, history=[ago(AD, days=30)]), [replace(AD, creative_id=2)]) is not None


def test_breaks_are_kept_apart():
    other = replace(AD, creative_id=2, campaign_id=2)

    assert choose_ad(replace(CONTEXT, history=[ago(other, seconds=59)]), [AD]) is None
    assert choose_ad(replace(CONTEXT, history=[ago(other, seconds=60)]), [AD]) == AD


MOMENTS = st.timedeltas(min_value=timedelta(days=-3), max_value=timedelta(days=3)).map(lambda passed: NOW + passed)
SMALL = st.integers(0, 4)


@st.composite
def candidates(draw):
    starts_at = draw(MOMENTS)
    budget = draw(st.integers(1, 5))
    delivered = draw(st.integers(0, budget))
    return Candidate(
        creative_id=draw(SMALL),
        campaign_id=draw(SMALL),
        starts_at=starts_at,
        ends_at=starts_at + draw(st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4))),
        budget=budget,
        delivered=delivered,
        held=draw(st.integers(0, budget - delivered)),
        countries=draw(st.frozensets(st.sampled_from(["US", "DE"]))),
        genres=draw(st.frozensets(SMALL)),
        priority=draw(st.integers(1, 10)),
        daily_cap=draw(st.integers(1, 3)),
        minutes_between=draw(st.integers(0, 60)),
    )


PAST = st.builds(Given, SMALL, SMALL, st.timedeltas(timedelta(0), timedelta(days=2)).map(lambda passed: NOW - passed))
CONTEXTS = st.builds(
    Context,
    at=st.just(NOW),
    market=st.sampled_from(["US", "DE", "FR"]),
    genres=st.frozensets(SMALL),
    tracks=st.integers(0, 6),
    listened_ms=st.integers(0, 2_000_000),
    history=st.lists(PAST, max_size=6),
    cadence=st.just(CADENCE),
    seed=st.text(max_size=5),
)


@given(CONTEXTS, st.lists(candidates(), max_size=8))
def test_nothing_is_given_that_was_not_booked(context, offered):
    chosen = choose_ad(context, offered)

    if chosen is None:
        return
    assert chosen in offered
    assert is_due(CADENCE, tracks=context.tracks, listened_ms=context.listened_ms)
    assert chosen.starts_at <= NOW < chosen.ends_at
    assert chosen.delivered + chosen.held < chosen.budget
    assert not chosen.countries or context.market in chosen.countries
    assert not chosen.genres or chosen.genres & context.genres
    given_before = [one for one in context.history if one.campaign_id == chosen.campaign_id]
    assert sum(NOW - one.at < timedelta(days=1) for one in given_before) < chosen.daily_cap
    assert all(NOW - one.at >= timedelta(minutes=chosen.minutes_between) for one in given_before)
    if context.history:
        newest = max(context.history, key=lambda one: one.at)
        assert newest.creative_id != chosen.creative_id
        assert NOW - newest.at >= CADENCE.apart


@given(CONTEXTS, st.lists(candidates(), max_size=8))
def test_no_higher_priority_is_passed_over(context, offered):
    chosen = choose_ad(context, offered)

    for one in offered:
        if chosen is None or one.priority > chosen.priority:
            assert choose_ad(context, [one]) is None


@given(CONTEXTS, st.lists(candidates(), max_size=6, unique_by=lambda one: one.creative_id), st.randoms())
def test_the_order_of_the_candidates_changes_nothing(context, offered, random):
    shuffled = list(offered)
    random.shuffle(shuffled)

    assert choose_ad(context, shuffled) == choose_ad(context, offered)


@given(st.lists(st.integers(60, 100_000), min_size=1, max_size=40), st.integers(2, 4))
def test_a_listener_hears_no_ad_twice_in_a_row_and_none_above_its_cap(gaps, ads):
    """A whole life: breaks at any distance, with what was given before as the history."""
    offered = [
        replace(AD, creative_id=one, campaign_id=one, daily_cap=3, ends_at=NOW + timedelta(days=60))
        for one in range(ads)
    ]
    at, history = NOW, []
    for gap in gaps:
        at += timedelta(seconds=gap)
        chosen = choose_ad(replace(CONTEXT, at=at, history=history), offered)
        if chosen is not None:
            history.append(Given(chosen.creative_id, chosen.campaign_id, at))

    assert all(one.creative_id != after.creative_id for one, after in pairwise(history))
    for one in history:
        day = [
            each
            for each in history
            if each.creative_id == one.creative_id and timedelta(0) <= each.at - one.at < timedelta(days=1)
        ]
        assert len(day) <= 3


def test_an_even_delivery_is_expected():
    booked = {"starts_at": NOW, "ends_at": NOW + timedelta(days=10), "budget": 1000}

    assert expected_by(NOW - timedelta(days=1), **booked) == 0
    assert expected_by(NOW + timedelta(days=4), **booked) == 400
    assert expected_by(NOW + timedelta(days=40), **booked) == 1000


def test_a_campaign_is_behind_when_it_lacks_more_than_a_tenth():
    booked = {"starts_at": NOW - timedelta(days=5), "ends_at": NOW + timedelta(days=5), "budget": 1000}

    assert delivery_of(NOW, **booked, delivered=450).is_behind is False
    assert delivery_of(NOW, **booked, delivered=449).is_behind is True
    assert delivery_of(NOW, **booked, delivered=449).percent == 44


@pytest.mark.parametrize(
    ("listened_ms", "duration_ms", "passed", "heard"),
    [
        (10_000, 30_000, 30, True),
        (9_999, 30_000, 30, False),
        (6_000, 6_000, 6, True),
        (5_700, 6_000, 6, True),
        (5_699, 6_000, 6, False),
        (10_000, 30_000, 9, True),
        (10_001, 30_000, 9, False),
    ],
)
def test_ten_seconds_or_the_whole_ad_and_no_more_than_passed(listened_ms, duration_ms, passed, heard):
    at = NOW + timedelta(seconds=passed)

    assert is_heard(listened_ms=listened_ms, duration_ms=duration_ms, held_at=NOW, at=at) is heard


def test_a_day_after_the_break_is_too_late():
    assert not is_too_late(held_at=NOW, at=NOW + timedelta(hours=24))
    assert is_too_late(held_at=NOW, at=NOW + timedelta(hours=24, seconds=1))
