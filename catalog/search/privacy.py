"""What search holds of a person: what they searched for."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from catalog.search.models import RecentSearch


def searches(user: User) -> Rows:
    yield from RecentSearch.objects.filter(user=user).order_by("pk").values("q", "used_at", "opened_type", "opened_uid")


def erase(*, user: User, **kwargs: Any) -> None:
    RecentSearch.objects.filter(user=user).delete()


def connect() -> None:
    register("searches", searches)
    erasure_requested.connect(erase)
