"""Pure decisions about charts: which plays count, which charts there are, their formulas and their periods."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from analytics.charts.models import ChartName
from analytics.totals.rules import may_close

MOST_PLAYS = 10
YOUNG = timedelta(days=7)
ROWS = 100
# In a country with few listeners a row of one or two would tell what somebody heard.
FEWEST_IN_A_COUNTRY = 3
# Of a playlist, when the chart is made: a list of one artist's songs would be a second chart of that artist.
FEWEST_TRACKS = 5
FEWEST_ARTISTS = 5
USUAL_DAYS = 7
DAMPING = 10
# What stood still for longer is not made up for: the ledger's old months are archived.
CATCH_UP_DAYS = 28
WORLDWIDE = ""

Kind = Literal["top", "trending", "playlists"]

FORMULA = 1
_COUNTS = (
    f"A stream counts unless the account is less than {YOUNG.days} days old or its owner is in the team of one of the"
    f" main artists; at most {MOST_PLAYS} of one listener, track and UTC day."
)
_TOP = "The score is the number of streams that count in the period."
_TRENDING = (
    "The score is (L - U) / sqrt(U + 10): L is the number of listeners of the day, U that of an average day of the"
    f" {USUAL_DAYS} before. Both are of streams that count; without more listeners than usual there is no rank."
)
_ORDER = (
    "Of equal scores the one with more listeners comes first, then more streams, then what was in the catalogue first."
)
_PLAYLISTS = (
    f"A stream that was played from a public playlist counts unless the account is less than {YOUNG.days} days old,"
    " its owner is in the team of one of the track's main artists, or the playlist is its own; at most"
    f" {MOST_PLAYS} of one listener, playlist and UTC day. A playlist needs {FEWEST_TRACKS} tracks by {FEWEST_ARTISTS}"
    f" different main artists. {_TOP} Of equal scores the one with more listeners comes first, then the older one."
)
# By version. A version that snapshots were made by is never rewritten: a change is a new one.
FORMULAS: Mapping[int, Mapping[Kind, str]] = {
    1: {"top": f"{_COUNTS} {_TOP} {_ORDER}", "trending": f"{_COUNTS} {_TRENDING} {_ORDER}", "playlists": _PLAYLISTS}
}


@dataclass(frozen=True)
class Chart:
    """`kinds` are the recordings that it counts; a period is a UTC day, or seven from Monday on. `kind` says by which
    of the formulas."""

    name: ChartName
    of: Literal["track", "artist", "playlist"]
    kinds: tuple[str, ...]
    days: int
    kind: Kind = "top"

    def formula(self, version: int = FORMULA) -> str:
        return FORMULAS[version][self.kind]

    @property
    def is_trending(self) -> bool:
        return self.kind == "trending"

    def first_of(self, last: date) -> date:
        return last - timedelta(days=self.days - 1)


_AUDIO, _VIDEO = ("audio",), ("video",)
_BOTH = (*_AUDIO, *_VIDEO)
CHARTS = (
    Chart(ChartName.TRACKS_DAILY, "track", _AUDIO, 1),
    Chart(ChartName.TRACKS_WEEKLY, "track", _AUDIO, 7),
    Chart(ChartName.ARTISTS_DAILY, "artist", _BOTH, 1),
    Chart(ChartName.ARTISTS_WEEKLY, "artist", _BOTH, 7),
    Chart(ChartName.VIDEOS_DAILY, "track", _VIDEO, 1),
    Chart(ChartName.VIDEOS_WEEKLY, "track", _VIDEO, 7),
    Chart(ChartName.PLAYLISTS_DAILY, "playlist", _BOTH, 1, "playlists"),
    Chart(ChartName.PLAYLISTS_WEEKLY, "playlist", _BOTH, 7, "playlists"),
    Chart(ChartName.TRENDING, "track", _BOTH, 1, "trending"),
)
BY_NAME: Mapping[str, Chart] = {chart.name: chart for chart in CHARTS}


@dataclass(frozen=True)
class Heard:
    """A play as charts see it. `is_own`: of the team of one of its main artists or, in a chart of playlists, of the
    playlist's owner. `account_since` is None when nobody is behind the listener number any more."""

    is_stream: bool
    is_own: bool
    received_at: datetime
    account_since: datetime | None


def chart_eligible(play: Heard, *, counted_before: int) -> bool:
    """Whether the play counts in charts. `counted_before`: of the same listener and UTC day, and
    the same track; in a chart of playlists, the same playlist.

    An erased account counts for nothing: what is unknown can't be held to the rule.
    """
    if not play.is_stream or play.is_own or play.account_since is None:
        return False
    return play.received_at - play.account_since >= YOUNG and counted_before < MOST_PLAYS


def trending_score(*, listeners: int, usual: Decimal) -> Decimal:
    """How far a day's listeners are above those of a usual day; four places."""
    score = (listeners - usual) / (usual + DAMPING).sqrt()
    return score.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def newest_over(chart: Chart, at: datetime) -> date:
    """The last day of the newest period on which nothing can be counted any more."""
    last = at.astimezone(UTC).date() - timedelta(days=1)
    while not may_close(last, at) or (chart.days == 7 and last.weekday() != 6):
        last -= timedelta(days=1)
    return last


def due(chart: Chart, *, made_through: date | None, at: datetime) -> list[date]:
    """The last days of the periods that are over and not made, in order. Of a new chart only the newest."""
    newest = newest_over(chart, at)
    if made_through is None:
        return [newest]
    back = range(CATCH_UP_DAYS // chart.days)
    periods = sorted(newest - timedelta(days=chart.days * number) for number in back)
    return [last for last in periods if last > made_through]
