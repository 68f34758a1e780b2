"""Pure decisions about dashboards: equal periods, and days without streams."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from analytics.plays.rules import STREAM_OVER_MS

PERIODS = (7, 28, 90)
DEFAULT_PERIOD = 28
TOP_TRACKS = 10

RULE = (
    f"A stream is a play of more than {STREAM_OVER_MS // 1000} seconds of a whole track. Each play counts once, however"
    " often and late it is sent, on the UTC day that we receive it, so plays made offline can arrive later. Each main"
    " artist of a recording gets one whole stream."
)


@dataclass(frozen=True)
class Period:
    """`days` UTC days, the last of which is `last`; the previous period is the same number of days before them."""

    last: date
    days: int

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def previous_first(self) -> date:
        return self.first - timedelta(days=self.days)


@dataclass(frozen=True)
class DayStreams:
    """Streams of a day, and of the day as far into the previous period."""

    day: date
    streams: int
    previous_streams: int


def days_of(period: Period, streams: Mapping[date, int]) -> list[DayStreams]:
    """Every day of the period in order; a day that is not in `streams` had none."""
    days = [period.first + timedelta(days=offset) for offset in range(period.days)]
    earlier = timedelta(days=period.days)
    return [DayStreams(day, streams.get(day, 0), streams.get(day - earlier, 0)) for day in days]
