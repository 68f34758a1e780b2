"""Who may hear what, where and when: rules, their history, and takedowns."""

import uuid
from datetime import date, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Regex

from catalog.music.validators import TERRITORIES_SHAPE, validate_territories
from streaming.lib import clock, ids


class Rule(models.Model):
    """Where, when and for whom something may be played: one right, of a label, a release or a track.

    The rules of a track are its own; without any, its release's; without these, its label's. Several rules of one
    level add up. Without a rule nothing may be played.
    """

    class Scope(models.TextChoices):
        INCLUDE = "include", "Only in these countries"
        EXCLUDE = "exclude", "Everywhere but in these countries"

    class Access(models.TextChoices):
        EVERYONE = "everyone", "Free and paid"
        PAID = "paid", "Paid; free listeners hear the preview"
        PREVIEW = "preview", "Preview only"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    label = models.ForeignKey("catalog.Label", on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    release = models.ForeignKey(
        "catalog.Release", on_delete=models.CASCADE, null=True, blank=True, related_name="rules"
    )
    track = models.ForeignKey("catalog.Track", on_delete=models.CASCADE, null=True, blank=True, related_name="rules")
    scope = models.CharField(max_length=7, choices=Scope.choices, default=Scope.EXCLUDE)
    territories = ArrayField(
        models.CharField(max_length=2), default=list, blank=True, validators=[validate_territories],
        help_text="ISO 3166-1 alpha-2 codes. None with “everywhere but” is the whole world.",
    )  # fmt: skip
    access = models.CharField(max_length=8, choices=Access.choices, default=Access.EVERYONE)
    starts_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="One instant for the whole world."
    )
    starts_on: "models.DateField[date | None, date | None]" = models.DateField(
        null=True, blank=True, help_text="Midnight in each country, instead of one instant."
    )
    ends_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="One instant for the whole world: the first at which it may not be played."
    )
    ends_on: "models.DateField[date | None, date | None]" = models.DateField(
        null=True, blank=True, help_text="Midnight in each country: the first day on which it may not be played."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(label__isnull=False, release=None, track=None)
                | Q(label=None, release__isnull=False, track=None)
                | Q(label=None, release=None, track__isnull=False),
                name="rule_of_one_thing",
                violation_error_message="A rule belongs to a label, a release or a track.",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(starts_on=None),
                name="rule_one_start",
                violation_error_message="Give one instant or a local date as the start, not both.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_on=None),
                name="rule_one_end",
                violation_error_message="Give one instant or a local date as the end, not both.",
            ),
            models.CheckConstraint(
                condition=(Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")))
                & (Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gt=F("starts_on"))),
                name="rule_ends_after_start",
                violation_error_message="The end has to come after the start.",
            ),
            models.CheckConstraint(
                condition=Q(scope="exclude") | ~Q(territories=[]),
                name="rule_includes_somewhere",
                violation_error_message="Name the countries in which it may be played.",
            ),
            models.CheckConstraint(
                condition=Regex(Cast("territories", models.TextField()), TERRITORIES_SHAPE),
                name="rule_territories_shape",
            ),
        ]
        indexes = [
            # The admin's first page shows what ends soon; most rules have no end.
            models.Index(fields=["ends_at"], name="rule_ends_at", condition=Q(ends_at__isnull=False)),
            models.Index(fields=["ends_on"], name="rule_ends_on", condition=Q(ends_on__isnull=False)),
        ]

    def __str__(self) -> str:
        where = ", ".join(self.territories) or "worldwide"
        if self.territories and self.scope == self.Scope.EXCLUDE:
            where = f"everywhere but {where}"
        return f"{self.get_access_display()}: {where}"

    @property
    def holder(self) -> models.Model | None:
        """The label, release or track that it belongs to."""
        return self.label or self.release or self.track


class RightsChange(models.Model):
    """What a change did to the rules of a thing, or to dates and label of a release, by whom. Append-only."""

    # History outlives what it is about.
    label = models.ForeignKey(
        "catalog.Label", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    thing = models.CharField(max_length=10, choices=[("label", "Label"), ("release", "Release"), ("track", "Track")])
    thing_uid = models.UUIDField()
    before = models.JSONField(default=list, help_text="The rules of this thing before.")
    after = models.JSONField(default=list)
    actor_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["thing_uid", "-id"], name="rights_change_of_thing")]

    def __str__(self) -> str:
        return f"{self.thing} {self.thing_uid}"


class Takedown(models.Model):
    """A case against a recording or a release: what it names can't be played from its start until it is restored.

    What happened to it is in its events, which are append-only; `restored_at` is what the newest of them say.
    """

    class Reason(models.TextChoices):
        COPYRIGHT = "copyright", "Copyright claim"
        DISPUTE = "dispute", "Dispute about rights"
        COURT = "court", "Court order"
        LABEL = "label", "Asked for by the label"
        CONTENT = "content", "Unlawful or harmful content"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    recording = models.ForeignKey(
        "catalog.Recording", on_delete=models.PROTECT, null=True, blank=True, related_name="takedowns"
    )
    release = models.ForeignKey(
        "catalog.Release", on_delete=models.PROTECT, null=True, blank=True, related_name="takedowns"
    )
    reason = models.CharField(max_length=9, choices=Reason.choices)
    claimant = models.CharField(max_length=200, help_text="Who asks for it.")
    details = models.TextField(blank=True, help_text="What is claimed, and where the papers are.")
    starts_at = models.DateTimeField(default=clock.now, help_text="From this moment on it can't be played.")
    restored_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(recording=None, release__isnull=False) | Q(recording__isnull=False, release=None),
                name="takedown_of_one_thing",
                violation_error_message="Choose a recording or a release.",
            ),
        ]
        indexes = [
            # Looked at for each row that is shown; restored cases, in time nearly all, are not in them.
            models.Index(fields=["recording"], name="takedown_of_recording", condition=Q(restored_at=None)),
            models.Index(fields=["release"], name="takedown_of_release", condition=Q(restored_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} by {self.claimant}"


class TakedownEvent(models.Model):
    """A step of a case. Append-only."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        NOTE = "note", "Note"
        COUNTER_NOTICE = "counter_notice", "Counter-notice"
        RESTORED = "restored", "Restored"

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    text = models.TextField(blank=True)
    actor_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True, editable=False)
    at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%d %b %Y}"
