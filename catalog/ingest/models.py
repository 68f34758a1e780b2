"""Uploaded masters, the jobs that turn them into assets, and the assets."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from streaming.lib import clock, ids

color_validator = RegexValidator(r"\A#[0-9a-f]{6}\Z", "A colour is # and six hexadecimal digits.")

_OF_ONE_THING = (
    Q(recording=None, release__isnull=False)
    | Q(recording__isnull=False, release=None)
    | Q(recording=None, release=None, label__isnull=False)
)
# How long after a failure its encoded files wait for somebody who says "try again".
KEPT_FOR_RETRY = timedelta(days=1)
_CURRENT = Q(ready_at__isnull=False, replaced_at=None)


class MasterQuerySet(models.QuerySet["Master"]):
    def unassigned(self) -> "MasterQuerySet":
        """Uploaded, or being uploaded, for a label: nothing has been made of them yet."""
        return self.filter(recording=None, release=None)

    def uninspected(self) -> "MasterQuerySet":
        """Arrived, unassigned, and nobody has looked into them."""
        return self.unassigned().filter(uploaded_at__isnull=False, inspected_at=None)


class Master(models.Model):
    """An uploaded original: the sound or picture of a recording, the cover of a release, or a file of a label that is
    not assigned yet."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    recording = models.ForeignKey(
        "catalog.Recording", on_delete=models.PROTECT, null=True, blank=True, related_name="masters"
    )
    release = models.ForeignKey(
        "catalog.Release", on_delete=models.PROTECT, null=True, blank=True, related_name="masters"
    )
    label = models.ForeignKey(
        "catalog.Label",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="masters",
        help_text="Whose it is while it is assigned to nothing.",
    )
    key = models.CharField(max_length=200, unique=True, help_text="In the bucket of masters.")
    upload_id = models.TextField(blank=True, help_text="R2's name of the upload while it comes in parts.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the whole file; empty until a worker read it.")
    filename = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    content_type = models.CharField(max_length=100)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    uploaded_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    inspections = models.PositiveSmallIntegerField(default=0, help_text="How often a worker began to look into it.")
    inspected_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    proposals = models.JSONField(default=dict, blank=True, help_text="What its tags and its name say.")

    objects = MasterQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=_OF_ONE_THING, name="master_of_one_thing_or_label")]
        indexes = [
            models.Index(fields=["sha256"], name="master_same_file", condition=~Q(sha256="")),
            # The upload page and beat read these; in time nearly all are assigned.
            models.Index(fields=["label", "id"], name="master_unassigned", condition=Q(recording=None, release=None)),
            models.Index(fields=["created_at"], name="master_not_uploaded", condition=Q(uploaded_at=None)),
        ]

    def __str__(self) -> str:
        return self.filename


class IngestJobQuerySet(models.QuerySet["IngestJob"]):
    def claimable(self, at: datetime) -> "IngestJobQuerySet":
        """Jobs that a worker may take: waiting and due, or running under a claim that has expired."""
        due = Q(state=IngestJob.State.WAITING, run_after__lte=at)
        deserted = Q(state=IngestJob.State.RUNNING, claimed_until__lte=at)
        # The list of open states is said again so that the partial index answers.
        return self.filter(due | deserted, state__in=IngestJob.OPEN)

    def claimed_with(self, token: uuid.UUID) -> "IngestJobQuerySet":
        """The job while nobody else has taken it over: that gives it another token."""
        return self.filter(state=IngestJob.State.RUNNING, claimed_by=token)

    def held(self, token: uuid.UUID, at: datetime) -> "IngestJobQuerySet":
        """The job under a claim that is alive. An expired one is dead, taken over or not: its asset may be gone."""
        return self.claimed_with(token).filter(claimed_until__gt=at)


class IngestJob(models.Model):
    """The work that a master needs. The row is the truth; the queue only says that there is something to do."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Stage(models.TextChoices):
        """In this order. A job that stopped keeps the one that it stopped in."""

        DOWNLOAD = "download", "Downloading"
        PROBE = "probe", "Checking"
        ENCODE = "encode", "Encoding"
        UPLOAD = "upload", "Storing"
        PUBLISH = "publish", "Publishing"

    OPEN = (State.WAITING, State.RUNNING)
    CLOSED = (State.READY, State.FAILED, State.CANCELLED)

    master = models.OneToOneField(Master, on_delete=models.CASCADE, related_name="job")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    stage = models.CharField(
        max_length=8, choices=Stage.choices, default=Stage.DOWNLOAD, db_default=Stage.DOWNLOAD.value
    )
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_by = models.UUIDField(null=True, blank=True, help_text="The token of the worker that has it.")
    claimed_until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    run_after = models.DateTimeField(default=clock.now, help_text="Not before this time.")
    nudged_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="When the queue was last told; empty again once a worker has taken it."
    )
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    warning = models.TextField(blank=True, help_text="What an editor should know although it worked.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    finished_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)

    objects = IngestJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="ingest_progress_per_cent"),
            models.CheckConstraint(
                condition=Q(state="running", claimed_by__isnull=False, claimed_until__isnull=False)
                | (~Q(state="running") & Q(claimed_by=None, claimed_until=None)),
                name="ingest_claimed_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["ready", "failed", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["waiting", "running"], finished_at=None),
                name="ingest_closed_at_the_end",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | (~Q(error_code="") & ~Q(error_message="")),
                name="ingest_failure_is_explained",
            ),
        ]
        indexes = [
            # Beat reads the oldest open jobs; closed ones, nearly all, are not in it.
            models.Index(
                fields=["created_at", "id"], name="ingest_open", condition=Q(state__in=["waiting", "running"])
            ),
            # The admin's first page shows the newest failures.
            models.Index(fields=["-finished_at"], name="ingest_failed", condition=Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.master} ({self.state})"


class AssetQuerySet(models.QuerySet["Asset"]):
    def current(self) -> "AssetQuerySet":
        """Published and not replaced by a newer one: what listeners get."""
        return self.filter(_CURRENT)

    def stored(self) -> "AssetQuerySet":
        """Complete in R2 and not published: what another attempt need not make again."""
        return self.filter(stored_at__isnull=False, ready_at=None)

    def abandoned(self, at: datetime) -> "AssetQuerySet":
        """Never published, and neither the claim that they were made under nor another attempt has a use for them."""
        jobs = IngestJob.objects.filter(pk=OuterRef("job_id"))
        alive = jobs.filter(state=IngestJob.State.RUNNING, claimed_by=OuterRef("claim"), claimed_until__gt=at)
        tried_again = jobs.filter(
            Q(state__in=IngestJob.OPEN) | Q(state=IngestJob.State.FAILED, finished_at__gt=at - KEPT_FOR_RETRY)
        )
        return self.filter(~Exists(alive), Q(stored_at=None) | ~Exists(tried_again), ready_at=None)


class Asset(models.Model):
    """One playable package of a recording, the poster of a video, the banner of an ad, or the cover of a release.

    Its uid is the folder of its files in R2.
    """

    class Quality(models.TextChoices):
        PREVIEW = "preview", "Preview"
        STANDARD = "standard", "Standard"
        HIGH = "high", "High"
        VIDEO = "video", "Video"
        POSTER = "poster", "Poster"
        ARTWORK = "artwork", "Artwork"
        BANNER = "banner", "Banner"

    # Version 4: a link must not tell when the asset was made.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    quality = models.CharField(max_length=8, choices=Quality.choices)
    recording = models.ForeignKey(
        "catalog.Recording", on_delete=models.PROTECT, null=True, blank=True, related_name="assets"
    )
    release = models.ForeignKey(
        "catalog.Release", on_delete=models.PROTECT, null=True, blank=True, related_name="assets"
    )
    job = models.ForeignKey(IngestJob, on_delete=models.PROTECT, related_name="assets")
    claim = models.UUIDField(editable=False, help_text="The claim that it was made under.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    stored_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, help_text="When the last of its files was in R2."
    )
    ready_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    replaced_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    duration_ms: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(
        null=True, blank=True
    )
    loudness_lufs: "models.FloatField[float | None, float | None]" = models.FloatField(null=True, blank=True)
    true_peak_db: "models.FloatField[float | None, float | None]" = models.FloatField(null=True, blank=True)
    color = models.CharField(max_length=7, blank=True, validators=[color_validator])

    objects = AssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quality="artwork", recording=None, release__isnull=False)
                | (~Q(quality="artwork") & Q(recording__isnull=False, release=None)),
                name="asset_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at=None) | Q(ready_at__isnull=False, replaced_at__gte=F("ready_at")),
                name="asset_replaced_after_ready",
            ),
            models.UniqueConstraint(
                fields=["recording", "quality"],
                condition=_CURRENT & Q(recording__isnull=False),
                name="asset_one_current_of_recording",
            ),
            models.UniqueConstraint(
                fields=["release", "quality"],
                condition=_CURRENT & Q(release__isnull=False),
                name="asset_one_current_of_release",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="asset_unpublished", condition=Q(ready_at=None))]

    def __str__(self) -> str:
        return f"{self.quality} {self.uid}"


class Rendition(models.Model):
    """One encoded file in an asset."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions")
    name = models.CharField(max_length=40, help_text="The file's name in the asset.")
    codec = models.CharField(max_length=40, help_text="RFC 6381, as in CODECS; the format for pictures.")
    bandwidth = models.PositiveIntegerField(default=0, help_text="Peak bits per second; 0 for pictures.")
    width: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(null=True, blank=True)
    height: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(null=True, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    encoder_delay: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(
        null=True, blank=True, help_text="Samples before the sound begins, for playing without gaps."
    )
    padding: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(
        null=True, blank=True, help_text="Samples after the sound has ended."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "name"], name="rendition_name_once")]

    def __str__(self) -> str:
        return self.name
