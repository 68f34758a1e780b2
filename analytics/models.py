"""Gathers the topics' models for Django."""

from analytics.plays.models import ListenerNumber, Play, PlayPending
from analytics.totals.models import ArtistDay, RollupProgress, TrackDay

__all__ = ["ArtistDay", "ListenerNumber", "Play", "PlayPending", "RollupProgress", "TrackDay"]
