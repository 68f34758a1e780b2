from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.totals import rules

DAY = date(2026, 11, 25)


def test_a_day_may_close_a_quarter_past_midnight_utc():
    assert not rules.may_close(DAY, datetime(2026, 11, 25, 23, 59, tzinfo=UTC))
    assert not rules.may_close(DAY, datetime(2026, 11, 26, 0, 14, 59, tzinfo=UTC))
    assert rules.may_close(DAY, datetime(2026, 11, 26, 0, 15, tzinfo=UTC))


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=4000)).map(lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since)


@given(at=MOMENTS, wait=st.timedeltas(timedelta(0), timedelta(days=1000)))
def test_a_day_that_may_close_stays_closed(at, wait):
    assert rules.may_close(DAY, at) <= rules.may_close(DAY, at + wait)
