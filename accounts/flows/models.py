from datetime import datetime

from django.db import models

from accounts.users.models import User
from streaming.lib import clock


class AppleToken(models.Model):
    """What revoking Sign in with Apple takes, sealed. Without a user it waits to be revoked, and then goes."""

    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="apple_tokens")
    client_id = models.CharField(max_length=200, editable=False)
    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    tried_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"Apple token {self.pk}"
