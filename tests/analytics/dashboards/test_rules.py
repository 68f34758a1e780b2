from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.dashboards.rules import PERIODS, RULE, Period, days_of

days = st.dates(date(2020, 1, 1), date(2090, 1, 1))


@given(last=days, length=st.sampled_from(PERIODS), streams=st.dictionaries(st.integers(0, 200), st.integers(0, 9)))
def test_periods_are_equal_and_hold_every_day_once(last, length, streams):
    by_date = {last - timedelta(days=ago): count for ago, count in streams.items()}
    found = days_of(Period(last, length), by_date)
    assert [day.day for day in found] == [last - timedelta(days=ago) for ago in reversed(range(length))]
    assert sum(day.streams for day in found) == sum(count for ago, count in streams.items() if ago < length)
    earlier = sum(count for ago, count in streams.items() if length <= ago < 2 * length)
    assert sum(day.previous_streams for day in found) == earlier


def test_the_rule_says_thirty_seconds():
    assert RULE.startswith("A stream is a play of more than 30 seconds")
