"""What the catalogue holds of a person: the teams they are in."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from catalog.music.models import Membership


def teams(user: User) -> Rows:
    for membership in Membership.objects.filter(user=user).select_related("artist", "label").order_by("pk"):
        team = membership.artist or membership.label
        yield {"team": team.name if team else None, "role": membership.role}


def erase(*, user: User, **kwargs: Any) -> None:
    Membership.objects.filter(user=user).delete()


def connect() -> None:
    register("teams", teams)
    erasure_requested.connect(erase)
