from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from streaming.lib import clock, ids
from streaming.lib.records import UNPUSHED, RecordRow


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, at: datetime) -> "GrantQuerySet":
        return self.filter(starts_at__lte=at, revoked_at=None).filter(Q(ends_at=None) | Q(ends_at__gt=at))


class Grant(models.Model):
    """A right given without payment. It is revoked, never deleted, so that the past can be explained."""

    class Reason(models.TextChoices):
        PROMO = "promo", "Promotion"
        GIFT = "gift", "Gift"
        STAFF = "staff", "Given by staff"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="grants")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True, help_text="Why, for whoever reads this in a year.")
    starts_at = models.DateTimeField(default=clock.now)
    ends_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="Empty means without end."
    )
    revoked_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="grant_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} for {self.user}"


class ViewerVersion(RecordRow):
    """The version of a user's viewer record. A user without a row has version 0: nothing has ever changed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="viewer_version"
    )

    class Meta:
        # The sweeper looks for what a crash left unpushed, every two seconds: an index of those few rows only.
        indexes = [models.Index(fields=["user"], name="viewer_unpushed", condition=UNPUSHED)]

    def __str__(self) -> str:
        return f"viewer record {self.record_version} of {self.user_id}"
