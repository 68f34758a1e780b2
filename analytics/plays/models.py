import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class ListenerNumber(models.Model):
    """Who a listener of the ledger is. Erasing a user deletes this row and nothing else, so that no total moves."""

    number = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="listener_number")

    def __str__(self) -> str:
        return f"listener {self.number}"


class Play(models.Model):
    """A row of the ledger: added once and never changed.

    Partitioned by month of `play_id`, a UUIDv7, so that a late resend meets its first sending. Keys are as they were
    when the play was counted, and no foreign keys: the ledger outlives what it names.
    """

    play_id = models.UUIDField(primary_key=True)
    listener = models.BigIntegerField()
    track_id = models.BigIntegerField()
    recording_id = models.BigIntegerField()
    artist_ids = ArrayField(models.BigIntegerField(), help_text="The main artists; each gets one whole stream.")
    tier = models.CharField(max_length=8)
    market = models.CharField(max_length=2)
    context_kind = models.CharField(max_length=16)
    context_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)
    presentation = models.CharField(max_length=8)
    listened_ms = models.IntegerField(help_text="Time actually rendered.")
    started_at = models.DateTimeField(help_text="By the client's clock, as sent.")
    ended_at = models.DateTimeField(help_text="By the client's clock, as sent.")
    received_at = models.DateTimeField()
    lease_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)
    counter: "models.BigIntegerField[int | None, int | None]" = models.BigIntegerField(null=True)
    listened_on = models.DateField(help_text="The listener's own date.")
    counted_on = models.DateField(help_text="The UTC day of receipt, for totals, charts and money.")

    class Meta:
        indexes = [models.Index(fields=["listener", "play_id"], name="play_listener")]

    def __str__(self) -> str:
        return f"play {self.play_id}"


class PlayPending(models.Model):
    """A play that no total holds yet, with what the rollup needs of it."""

    play_id = models.UUIDField(primary_key=True)
    track_id = models.BigIntegerField()
    artist_ids = ArrayField(models.BigIntegerField())
    tier = models.CharField(max_length=8)
    market = models.CharField(max_length=2)
    context_kind = models.CharField(max_length=16)
    is_stream = models.BooleanField()
    counted_on = models.DateField()

    class Meta:
        db_table = "analytics_play_pending"

    def __str__(self) -> str:
        return f"pending play {self.play_id}"
