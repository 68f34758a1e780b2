"""Gathers the topics' models for Django."""

from analytics.charts.models import ChartDecision, ChartRow, ChartSnapshot
from analytics.plays.models import ListenerNumber, Play, PlayPending
from analytics.totals.models import ArtistDay, RollupProgress, TrackDay

__all__ = [
    "ArtistDay",
    "ChartDecision",
    "ChartRow",
    "ChartSnapshot",
    "ListenerNumber",
    "Play",
    "PlayPending",
    "RollupProgress",
    "TrackDay",
]
