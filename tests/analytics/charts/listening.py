"""Plays for charts, put straight into the ledger: thousands of them, and days that are over."""

from datetime import UTC, datetime, time, timedelta

from accounts.models import User
from analytics.plays.models import ListenerNumber, Play
from analytics.plays.services import make_partitions
from catalog.music.models import Track
from streaming.lib import ids

# A Monday, just after Sunday and with it the week have closed.
MONDAY = datetime(2026, 11, 23, 0, 20, tzinfo=UTC)
SUNDAY = (MONDAY - timedelta(days=1)).date()
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def id_at(moment):
    """A UUIDv7 of this moment."""
    made = ids.new_uid()
    return type(made)(int=(int(moment.timestamp() * 1000) << 80) | (made.int & ((1 << 80) - 1)))


def hear(user: User, track: Track, count: int = 1, *, day=SUNDAY, hour: int = 12, market: str = "US", **fields) -> None:
    """So many plays of one listener, received on this UTC day."""
    number = ListenerNumber.objects.get_or_create(user=user)[0].pk
    at = datetime.combine(day, time(hour), UTC)
    make_partitions(at=at)
    row = {
        "listener": number,
        "track_id": track.pk,
        "recording_id": track.recording_id,
        "artist_ids": list(track.recording.credits.filter(role="main").order_by("pk").values_list("artist", flat=True)),
        "tier": "free",
        "market": market,
        "context_kind": "browse",
        "context_uid": None,
        "presentation": "full",
        "listened_ms": 31_000,
        "started_at": at - timedelta(minutes=1),
        "ended_at": at,
        "received_at": at,
        "listened_on": day,
        "counted_on": day,
        **fields,
    }
    Play.objects.bulk_create([Play(play_id=id_at(at - timedelta(minutes=1)), **row) for _ in range(count)])
