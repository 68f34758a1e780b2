from datetime import UTC, date, datetime, time, timedelta

from analytics.plays.rules import INTAKE_TIMEOUT

CLOSES_AFTER = timedelta(minutes=15)


def may_close(day: date, at: datetime) -> bool:
    """Whether no play can be counted on the UTC day any more: 00:15 after it, far longer than intake may hang."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    return at >= end + CLOSES_AFTER


def complete_before(drained_at: datetime) -> datetime:
    """What was received before this was committed, and so seen, by a rollup that found nothing more at `drained_at`."""
    return drained_at - INTAKE_TIMEOUT
