import uuid
from typing import Any, NoReturn

from django.db import models

from streaming.lib import clock, ids


class AuditEntry(models.Model):
    """One thing that happened. Uids and not foreign keys: the row outlives whom it is about, and nothing may change it.

    `address_hash` is the keyed hash of the network address; `details` are codes, uids and counts only.
    """

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    at = models.DateTimeField(default=clock.now, editable=False, db_index=True)
    event = models.CharField(max_length=40, editable=False)
    user_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True, editable=False)
    actor_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True, editable=False)
    session_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True, editable=False)
    address_hash = models.CharField(max_length=32, blank=True, editable=False)
    request_id = models.CharField(max_length=64, blank=True, editable=False)
    details = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["user_uid", "-at"], name="audit_of_user"),
            models.Index(fields=["event", "-at"], name="audit_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.at:%Y-%m-%d %H:%M:%S}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            self.delete()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The audit log is append-only.")
