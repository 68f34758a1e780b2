from datetime import datetime

from django.db import models

from streaming.lib import clock


class Mail(models.Model):
    """A mail that waits to be sent. The row goes when it was handed over: what it says is personal."""

    to = models.EmailField(max_length=254, editable=False)
    subject = models.CharField(max_length=200, editable=False)
    text = models.TextField(editable=False)
    html = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    tried_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)

    def __str__(self) -> str:
        return f"mail {self.pk}"
