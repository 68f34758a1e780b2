"""Reads of charts. Snapshots are the same for everybody; what of them is shown is the viewer's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Func, Max, Q, QuerySet

from analytics.charts import cache, rules
from analytics.charts.models import ChartDecision, ChartName, ChartRow, ChartSnapshot
from analytics.charts.rules import WORLDWIDE, Chart
from analytics.dashboards.rules import Period
from analytics.plays.models import ListenerNumber, Play
from analytics.plays.rules import ACCEPTED_FOR, FULL, STREAM_OVER_MS, first_id_of
from analytics.totals.queries import is_day_closed
from billing.viewer import Viewer
from catalog.music.queries import artists_for, known_tracks_for, tracks_for
from catalog.playlists.queries import public_playlists_for

MY_TOP = 20


@dataclass(frozen=True)
class ShownRow:
    """A row of a chart, with the track, artist or playlist that it is about; `row` is as the snapshot has it."""

    row: Mapping[str, Any]
    track: Any = None
    artist: Any = None
    playlist: Any = None


@dataclass(frozen=True)
class ShownChart:
    """`last` is None before the first period was made."""

    chart: Chart
    country: str
    last: date | None
    formula: int
    rows: list[ShownRow]


@dataclass(frozen=True)
class Counted:
    streams: int
    track: Any = None
    artist: Any = None


@dataclass(frozen=True)
class MyTop:
    period: Period
    tracks: list[Counted]
    artists: list[Counted]


# --- Making ----------------------------------------------------------------------------------------------------------
def made_through(chart: Chart) -> date | None:
    """The last day of the newest period that was made."""
    made = ChartSnapshot.objects.filter(chart=chart.name, country=WORLDWIDE)
    newest: date | None = made.aggregate(newest=Max("last"))["newest"]
    return newest


def next_due(chart: Chart, *, after: date | None, at: datetime) -> date | None:
    """The last day of the next period to make: over, and each of its days closed. Periods are made in order."""
    last = next(iter(rules.due(chart, made_through=after, at=at)), None)
    if last is None:
        return None
    days = (last - timedelta(days=number) for number in range(chart.days))
    return last if all(is_day_closed(day, at) for day in days) else None


# --- Public charts ---------------------------------------------------------------------------------------------------
def overview() -> dict[str, Any]:
    """By name of chart: the newest `last` and the countries that have rows in it. Two queries a minute at most."""
    newest: dict[str, Any] = cache.remembered(cache.OVERVIEW_KEY, cache.NEWEST_SECONDS, _overview)
    return newest


def _overview() -> dict[str, Any]:
    worldwide = ChartSnapshot.objects.filter(country=WORLDWIDE).values("chart").order_by()
    newest = dict(worldwide.annotate(newest=Max("last")).values_list("chart", "newest"))
    wanted = Q(pk__in=())
    for name, last in newest.items():
        wanted |= Q(chart=name, last=last)
    countries: dict[str, list[str]] = {name: [] for name in newest}
    found = ChartSnapshot.objects.filter(wanted).exclude(country=WORLDWIDE).order_by("country")
    for name, country in found.values_list("chart", "country"):
        countries[name].append(country)
    return {name: {"last": last, "countries": countries[name]} for name, last in newest.items()}


def chart_for(viewer: Viewer, chart: Chart, *, country: str, last: date | None) -> ShownChart | None:
    """The chart of the period that ends with `last`, or the newest. None for a period that was not published.

    What is not visible to the viewer, or was hidden by an editor, is left out; ranks stay as they were published.
    """
    wanted = last or _newest(chart)
    if wanted is None:
        return ShownChart(chart, country, None, rules.FORMULA, [])
    found = _published(chart.name, country, wanted) or _published(chart.name, WORLDWIDE, wanted)
    if found is None:
        return None
    rows = found["rows"] if found["country"] == country else []
    return ShownChart(chart, country, wanted, found["formula"], _shown(viewer, chart, rows))


def _newest(chart: Chart) -> date | None:
    newest = overview().get(chart.name)
    return date.fromisoformat(newest["last"]) if newest else None


def _published(name: ChartName, country: str, last: date) -> dict[str, Any] | None:
    key = cache.snapshot_key(name, country, last)
    found: dict[str, Any] | None = cache.remembered(
        key, cache.SNAPSHOT_SECONDS, lambda: _read_snapshot(name, country, last)
    )
    return found


def _read_snapshot(name: ChartName, country: str, last: date) -> dict[str, Any] | None:
    snapshot = ChartSnapshot.objects.filter(chart=name, country=country, last=last).first()
    if snapshot is None:
        return None
    rows = ChartRow.objects.filter(snapshot=snapshot).order_by("rank")
    return {"country": country, "formula": snapshot.formula, "rows": [_row(row) for row in rows]}


def _row(row: ChartRow) -> dict[str, Any]:
    fields = ("item_id", "rank", "previous", "peak", "periods", "is_new", "is_reentry", "streams", "listeners")
    usual = None if row.usual_listeners is None else float(row.usual_listeners)
    return {**{name: getattr(row, name) for name in fields}, "usual_listeners": usual, "score": float(row.score)}


_SEEN: Mapping[str, Callable[[Viewer], QuerySet[Any]]] = {
    "track": tracks_for,
    "artist": artists_for,
    # Asked each time, and for the owner as for everybody: what has become private is in no chart.
    "playlist": public_playlists_for,
}


def _shown(viewer: Viewer, chart: Chart, rows: list[Mapping[str, Any]]) -> list[ShownRow]:
    ids = [row["item_id"] for row in rows]
    left = set(ids) - hidden_items(chart, ids)
    found = {thing.pk: thing for thing in _SEEN[chart.of](viewer).filter(pk__in=left)}
    return [ShownRow(row, **{chart.of: found[row["item_id"]]}) for row in rows if row["item_id"] in found]


def hidden_items(chart: Chart, ids: Iterable[int]) -> set[int]:
    """Those that the newest decision about them hides. Never from the cache: it holds at once."""
    key = f"{chart.of}_id"
    decisions = ChartDecision.objects.filter(chart=chart.name, **{f"{key}__in": list(ids)})
    newest = decisions.order_by(key, "-pk").distinct(key).values_list(key, "verb")
    return {item for item, verb in newest if verb == ChartDecision.Verb.HIDE}


# --- My own ----------------------------------------------------------------------------------------------------------
def my_top(viewer: Viewer, *, days: int, at: datetime) -> MyTop:
    """What the viewer streamed most, by the dates on their own calendar. Read from the ledger by their number alone."""
    period = Period(last=at.astimezone(UTC).date(), days=days)
    number = ListenerNumber.objects.filter(user_id=viewer.known_user_id).values_list("number", flat=True).first()
    if number is None:
        return MyTop(period, [], [])
    plays = Play.objects.filter(
        listener=number, play_id__gte=first_id_of(period.first - ACCEPTED_FOR - timedelta(days=1)),
        listened_on__gte=period.first, presentation=FULL, listened_ms__gt=STREAM_OVER_MS,
    )  # fmt: skip
    tracks = _most(plays.annotate(item=F("track_id")))
    artists = _most(plays.annotate(item=Func(F("artist_ids"), function="unnest")))
    known = {track.pk: track for track in known_tracks_for(viewer).filter(pk__in=tracks)}
    names = {artist.pk: artist for artist in artists_for(viewer).filter(pk__in=artists)}
    return MyTop(
        period,
        [Counted(streams, track=known[pk]) for pk, streams in tracks.items() if pk in known],
        [Counted(streams, artist=names[pk]) for pk, streams in artists.items() if pk in names],
    )


def _most(plays: Any) -> dict[int, int]:
    """Streams by key, the most first, and of equals what was in the catalogue first."""
    counted = plays.order_by().values("item").annotate(streams=Count("*")).order_by("-streams", "item")
    return dict(counted.values_list("item", "streams")[:MY_TOP])
