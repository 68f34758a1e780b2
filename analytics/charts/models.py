import uuid
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from streaming.lib import clock


class ChartName(models.TextChoices):
    TRACKS_DAILY = "tracks-daily", "Top tracks of the day"
    TRACKS_WEEKLY = "tracks-weekly", "Top tracks of the week"
    ARTISTS_DAILY = "artists-daily", "Top artists of the day"
    ARTISTS_WEEKLY = "artists-weekly", "Top artists of the week"
    VIDEOS_DAILY = "videos-daily", "Top videos of the day"
    VIDEOS_WEEKLY = "videos-weekly", "Top videos of the week"
    PLAYLISTS_DAILY = "playlists-daily", "Top playlists of the day"
    PLAYLISTS_WEEKLY = "playlists-weekly", "Top playlists of the week"
    TRENDING = "trending", "Trending"


class ChartSnapshot(models.Model):
    """A chart of one period, worldwide or in one country. Append-only: what was published stays.

    There is one worldwide for each period that was made, rows or not; of a country only with rows.
    """

    chart = models.CharField(max_length=20, choices=ChartName.choices)
    country = models.CharField(max_length=2, blank=True, help_text="Empty: worldwide.")
    first = models.DateField(help_text="UTC days of receipt, both within.")
    last = models.DateField()
    formula = models.PositiveSmallIntegerField(help_text="The version that it was made by.")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chart", "country", "last"], name="chart_snapshot_once"),
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="chart_snapshot_first_before_last"),
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="chart_snapshot_country_shape"),
        ]

    def __str__(self) -> str:
        return f"{self.chart} {self.country or 'worldwide'} {self.last}"


class ChartRow(models.Model):
    """A rank with what it was made of, and what came before it in the same chart and country. Append-only.

    No foreign key to the track, artist or playlist: what was published outlives what it names.
    """

    snapshot = models.ForeignKey(ChartSnapshot, on_delete=models.PROTECT, related_name="rows", db_index=False)
    chart = models.CharField(max_length=20, choices=ChartName.choices)
    country = models.CharField(max_length=2, blank=True)
    last = models.DateField("period to")
    item_id = models.BigIntegerField(help_text="The track, artist or playlist.")
    rank = models.PositiveSmallIntegerField()
    streams = models.PositiveIntegerField(help_text="Those that count.")
    listeners = models.PositiveIntegerField()
    usual_listeners: "models.DecimalField[Decimal | None, Decimal | None]" = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, help_text="Of an average day before; in trending only."
    )
    score = models.DecimalField(max_digits=16, decimal_places=4)
    previous: "models.PositiveSmallIntegerField[int | None, int | None]" = models.PositiveSmallIntegerField(
        null=True, help_text="The rank one period earlier."
    )
    peak = models.PositiveSmallIntegerField()
    periods = models.PositiveIntegerField(help_text="On the chart, with this one.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "rank"], name="chart_row_one_rank"),
            models.UniqueConstraint(fields=["snapshot", "item_id"], name="chart_row_item_once"),
            models.CheckConstraint(
                condition=Q(peak__gte=1, peak__lte=F("rank"), periods__gte=1), name="chart_row_history_holds"
            ),
        ]
        indexes = [models.Index(fields=["chart", "country", "item_id", "-last"], name="chart_row_of_item")]

    def __str__(self) -> str:
        return f"{self.rank} of {self.chart} {self.country or 'worldwide'} {self.last}"

    @property
    def is_new(self) -> bool:
        return self.periods == 1

    @property
    def is_reentry(self) -> bool:
        return self.previous is None and not self.is_new


class ChartDecision(models.Model):
    """An editor hides a track, artist or playlist from a chart, in all its countries and periods, or shows it again.

    Append-only: the newest decision holds, and the rows before are who hid what, when and why.
    """

    class Verb(models.TextChoices):
        HIDE = "hide", "Hide"
        SHOW = "show", "Show again"

    chart = models.CharField(max_length=20, choices=ChartName.choices)
    # History outlives what it is about.
    track = models.ForeignKey(
        "catalog.Track", on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+"
    )
    artist = models.ForeignKey(
        "catalog.Artist", on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+"
    )
    playlist = models.ForeignKey(
        "catalog.Playlist", on_delete=models.DO_NOTHING, db_constraint=False, null=True, blank=True, related_name="+"
    )
    verb = models.CharField("decision", max_length=4, choices=Verb.choices, default=Verb.HIDE)
    reason = models.CharField(max_length=300)
    actor_uid: "models.UUIDField[uuid.UUID | None, uuid.UUID | None]" = models.UUIDField(null=True, editable=False)
    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(track__isnull=False, artist=None, playlist=None)
                | Q(track=None, artist__isnull=False, playlist=None)
                | Q(track=None, artist=None, playlist__isnull=False),
                name="chart_decision_of_one_thing",
                violation_error_message="Choose one track, artist or playlist.",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="chart_decision_has_a_reason"),
        ]
        indexes = [models.Index(fields=["chart", "-id"], name="chart_decision_of_chart")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()} in {self.chart}"
