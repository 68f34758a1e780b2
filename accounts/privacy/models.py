from datetime import datetime

from django.db import models

from accounts.users.models import User
from streaming.lib import clock, ids


class Export(models.Model):
    """A person's data as one JSON file in the private bucket, made by a job and kept for a week."""

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        FAILED = "failed"
        # Its file is to be removed, and then this row.
        EXPIRED = "expired"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    ready_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, editable=False)
    claimed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, editable=False
    )
    tries = models.PositiveSmallIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return f"export {self.uid}"
