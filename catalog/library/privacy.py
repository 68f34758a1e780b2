"""What a library holds of a person."""

from typing import Any

from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from catalog.library.models import Saved


def library(user: User) -> Rows:
    """Whatever has become of the things: they are in it by their names' keys, as the person saved them."""
    uid = Coalesce("track__uid", "release__uid", "artist__uid", "playlist__uid")
    rows = Saved.objects.filter(user=user).order_by("pk").values("type", "saved_at", uid=uid)
    yield from rows.iterator(chunk_size=1000)


def erase(*, user: User, **kwargs: Any) -> None:
    Saved.objects.filter(user=user).delete()


def connect() -> None:
    register("library", library)
    erasure_requested.connect(erase)
