"""Billing periods: months and years counted from an anchor, clamped where a month is too short."""

import calendar
from datetime import datetime


def period_end(anchor: datetime, interval: str, count: int) -> datetime:
    """The end of the count-th period: from 31 January on, the ends are 28 (or 29) February, 31 March, …"""
    months = count * (12 if interval == "year" else 1)
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)
