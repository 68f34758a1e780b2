from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.charts.rules import (
    BY_NAME,
    CHARTS,
    FORMULA,
    FORMULAS,
    MOST_PLAYS,
    Heard,
    chart_eligible,
    due,
    newest_over,
    trending_score,
)

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
GOOD = {"is_stream": True, "is_own": False, "received_at": NOON, "account_since": NOON - WEEK}
MOMENTS = st.integers(0, 300 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
PLAYS = st.builds(
    Heard, is_stream=st.booleans(), is_own=st.booleans(), received_at=MOMENTS, account_since=st.none() | MOMENTS
)


@pytest.mark.parametrize(
    ("changed", "counted_before", "counts"),
    [
        ({}, 0, True),
        ({}, 9, True),
        ({}, 10, False),
        ({"is_stream": False}, 0, False),
        ({"is_own": True}, 0, False),
        ({"account_since": NOON - WEEK + timedelta(microseconds=1)}, 0, False),
        ({"account_since": NOON - timedelta(days=400)}, 0, True),
        ({"account_since": NOON}, 0, False),
        # A clock that was put back.
        ({"account_since": NOON + WEEK}, 0, False),
        # Erased: nobody is behind the number.
        ({"account_since": None}, 0, False),
    ],
)
def test_which_plays_count(changed, counted_before, counts):
    assert chart_eligible(Heard(**{**GOOD, **changed}), counted_before=counted_before) is counts


@given(plays=st.lists(PLAYS, max_size=40))
def test_one_listener_adds_ten_plays_of_a_track_and_day_at_most(plays):
    counted = 0
    for play in plays:
        counted += chart_eligible(play, counted_before=counted)

    good = [play for play in plays if chart_eligible(play, counted_before=0)]
    assert counted == min(len(good), MOST_PLAYS)
    assert all(play.is_stream and not play.is_own and play.account_since + WEEK <= play.received_at for play in good)


@given(play=PLAYS, counted=st.integers(0, 30))
def test_counting_more_before_never_lets_a_play_in(play, counted):
    assert chart_eligible(play, counted_before=counted + 1) <= chart_eligible(play, counted_before=counted)


@pytest.mark.parametrize(
    ("listeners", "usual", "score"),
    [(1, "0", "0.3162"), (100, "100", "0.0000"), (20, "6", "3.5000"), (0, "6", "-1.5000"), (1000, "990", "0.3162")],
)
def test_trending_is_how_far_a_day_is_above_the_usual(listeners, usual, score):
    assert trending_score(listeners=listeners, usual=Decimal(usual)) == Decimal(score)


@given(listeners=st.integers(0, 10**6), usual=st.decimals(0, 10**6, places=2))
def test_one_more_listener_adds_a_third_at_most(listeners, usual):
    more = trending_score(listeners=listeners + 1, usual=usual) - trending_score(listeners=listeners, usual=usual)
    assert 0 <= more <= Decimal("0.3163")


@pytest.mark.parametrize(
    ("chart", "at", "newest"),
    [
        ("tracks-daily", datetime(2026, 11, 23, 0, 14, 59, tzinfo=UTC), date(2026, 11, 21)),
        ("tracks-daily", datetime(2026, 11, 23, 0, 15, tzinfo=UTC), date(2026, 11, 22)),
        ("tracks-weekly", datetime(2026, 11, 23, 0, 14, 59, tzinfo=UTC), date(2026, 11, 15)),
        ("tracks-weekly", datetime(2026, 11, 23, 0, 15, tzinfo=UTC), date(2026, 11, 22)),
        ("tracks-weekly", datetime(2026, 11, 29, 12, tzinfo=UTC), date(2026, 11, 22)),
    ],
)
def test_a_period_is_over_a_quarter_of_an_hour_after_its_last_day(chart, at, newest):
    assert newest_over(BY_NAME[chart], at) == newest


def test_weeks_begin_on_monday():
    first = BY_NAME["tracks-weekly"].first_of(date(2026, 11, 22))
    assert (first, first.weekday()) == (date(2026, 11, 16), 0)


def test_a_new_chart_begins_with_the_newest_period_and_then_leaves_none_out():
    chart = BY_NAME["tracks-daily"]
    assert due(chart, made_through=None, at=NOON) == [date(2026, 11, 24)]
    assert due(chart, made_through=date(2026, 11, 21), at=NOON) == [date(2026, 11, day) for day in (22, 23, 24)]
    assert due(chart, made_through=date(2026, 11, 24), at=NOON) == []
    # A clock that was put back makes nothing again.
    assert due(chart, made_through=date(2026, 11, 28), at=NOON) == []


def test_what_stood_still_for_long_is_made_up_for_four_weeks():
    days = due(BY_NAME["tracks-daily"], made_through=date(2026, 1, 1), at=NOON)
    weeks = due(BY_NAME["tracks-weekly"], made_through=date(2026, 1, 4), at=NOON)
    assert (len(days), days[0], days[-1]) == (28, date(2026, 10, 28), date(2026, 11, 24))
    assert weeks == [date(2026, 11, 1), date(2026, 11, 8), date(2026, 11, 15), date(2026, 11, 22)]


def test_every_chart_says_its_formula():
    assert max(FORMULAS) == FORMULA
    assert all("at most 10 of one listener" in chart.formula() for chart in CHARTS)
    assert [chart.name for chart in CHARTS if "sqrt" in chart.formula()] == ["trending"]
