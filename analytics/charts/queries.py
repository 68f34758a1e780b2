from datetime import date, datetime, timedelta

from django.db.models import Max

from analytics.charts import rules
from analytics.charts.models import ChartSnapshot
from analytics.charts.rules import WORLDWIDE, Chart
from analytics.totals.queries import is_day_closed


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
