"""What billing holds of a person: grants."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from billing.models import Grant


def grants(user: User) -> Rows:
    return Grant.objects.filter(user=user).order_by("pk").values("uid", "reason", "starts_at", "ends_at", "revoked_at")


def erase(*, user: User, **kwargs: Any) -> None:
    """The grants stay, to explain the past; what staff noted about the person goes."""
    Grant.objects.filter(user=user).update(note="")


def connect() -> None:
    register("grants", grants)
    erasure_requested.connect(erase)
