"""What ads hold of a person: the impressions that were given to them."""

from typing import Any

from django.db.models import F

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from playback.ads.models import Impression


def ads(user: User) -> Rows:
    rows = Impression.objects.filter(listener=user).order_by("pk")
    fields = ("uid", "market", "held_at", "counted_at", "clicked_at")
    named = rows.values(*fields, advertiser=F("campaign__advertiser__name"), title=F("creative__recording__title"))
    yield from named.iterator(chunk_size=1000)


def erase(*, user: User, **kwargs: Any) -> None:
    """Nobody is behind the impressions any more; they and the campaigns' totals stay."""
    Impression.objects.filter(listener=user).update(listener=None)


def connect() -> None:
    register("ads", ads)
    erasure_requested.connect(erase)
