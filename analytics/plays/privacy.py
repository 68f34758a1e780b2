"""What the ledger holds of a person: plays, under a number that only one row ties to them."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from analytics.plays.models import ListenerNumber, Play


def plays(user: User) -> Rows:
    found = ListenerNumber.objects.filter(user=user).values_list("number", flat=True).first()
    if found is None:
        return
    fields = ("play_id", "started_at", "ended_at", "listened_ms", "market", "tier", "context_kind", "context_uid")
    rows = Play.objects.filter(listener=found).order_by("play_id").values(*fields, "track_id")
    yield from rows.iterator(chunk_size=1000)


def erase(*, user: User, **kwargs: Any) -> None:
    """That row and nothing else: no total moves (design §11)."""
    ListenerNumber.objects.filter(user=user).delete()


def connect() -> None:
    register("plays", plays)
    erasure_requested.connect(erase)
