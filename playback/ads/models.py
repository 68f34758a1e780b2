"""Advertisers, their campaigns and creatives, and the impressions that were given of them."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Least

from catalog.ingest.models import Asset
from catalog.music.models import Genre, Recording
from playback.ads.validators import MAX_ADDRESS, validate_click_address, validate_countries
from streaming.lib import clock, ids

_PLAYED = (Asset.Quality.VIDEO, Asset.Quality.STANDARD)


class Advertiser(models.Model):
    """A company whose ads are played."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    name = models.CharField(max_length=120, unique=True, help_text="Listeners see it while an ad plays.")
    contact = models.TextField(blank=True, help_text="Whom to ask, and how. Only staff see it.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def with_budget_left(self) -> "CampaignQuerySet":
        return self.filter(budget__gt=F("delivered") + F("held"))


class Campaign(models.Model):
    """What an advertiser booked: so many impressions, from one time to another, for whom, and how often.

    `delivered` is counted impressions, `held` those that were given and may still be counted. Both are changed by
    conditional UPDATEs only, and together they never exceed the budget.
    """

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=120)
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField()
    budget = models.PositiveIntegerField(validators=[MinValueValidator(1)], help_text="Impressions that were booked.")
    countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        validators=[validate_countries],
        help_text="ISO 3166-1 alpha-2 codes of markets with commas between, such as DE,AT. Empty means all.",
    )
    genres = models.ManyToManyField(
        Genre, blank=True, related_name="+", help_text="Only beside tracks of these genres. Empty means all."
    )
    priority = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(10)], help_text="1 to 10; 10 comes first."
    )
    daily_cap = models.PositiveSmallIntegerField(
        "daily cap", default=5, validators=[MinValueValidator(1)], help_text="How often one listener hears it in 24 h."
    )
    minutes_between = models.PositiveSmallIntegerField(
        default=10, help_text="How long one listener is spared after hearing it."
    )
    click_url = models.CharField(
        "click address",
        max_length=MAX_ADDRESS,
        blank=True,
        validators=[validate_click_address],
        help_text="Where the banner leads: an https address. Empty means nowhere.",
    )
    is_active = models.BooleanField(default=True)
    delivered = models.PositiveIntegerField(default=0, editable=False)
    held = models.PositiveIntegerField(default=0, editable=False)
    clicks = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(budget__gt=0, budget__gte=F("delivered") + F("held")),
                name="campaign_within_budget",
                violation_error_message="The budget can't be less than what was given already.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="campaign_ends_after_it_starts",
                violation_error_message="A campaign ends after it starts.",
            ),
            models.CheckConstraint(condition=Q(priority__gte=1, priority__lte=10), name="campaign_priority_1_to_10"),
            models.CheckConstraint(condition=Q(daily_cap__gte=1), name="campaign_daily_cap"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.advertiser})"


def _asset(quality: tuple[str, ...], field: str) -> Subquery:
    """A field of the current asset of the outer creative's recording."""
    current = Asset.objects.current().filter(recording=OuterRef("recording"), quality__in=quality)
    return Subquery(current.order_by("-ready_at", "-pk").values(field)[:1])


class CreativeQuerySet(models.QuerySet["Creative"]):
    def eligible(self, at: datetime) -> "CreativeQuerySet":
        """Creatives that may be given at `at`, as far as it does not depend on who listens."""
        return self.filter(
            is_active=True,
            recording__kind=Recording.Kind.AD,
            recording__ready_at__isnull=False,
            campaign__is_active=True,
            campaign__starts_at__lte=at,
            campaign__ends_at__gt=at,
            campaign__budget__gt=F("campaign__delivered") + F("campaign__held"),
        )

    def with_presentation(self) -> "CreativeQuerySet":
        """With all that deciding and playing need, so that a break reads them in one query."""
        genres = Campaign.genres.through.objects.filter(campaign=OuterRef("campaign"))
        return self.select_related("campaign__advertiser", "recording").annotate(
            genre_ids=ArraySubquery(genres.values("genre_id")),
            asset_uid=_asset(_PLAYED, "uid"),
            asset_quality=_asset(_PLAYED, "quality"),
            loudness_lufs=_asset(_PLAYED, "loudness_lufs"),
            true_peak_db=_asset(_PLAYED, "true_peak_db"),
            banner_uid=_asset((Asset.Quality.BANNER,), "uid"),
        )


class Creative(models.Model):
    """One ad of a campaign: a recording of kind ad, with its banner."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="creatives")
    recording = models.ForeignKey(
        Recording, on_delete=models.PROTECT, related_name="creatives", limit_choices_to={"kind": Recording.Kind.AD}
    )
    is_active = models.BooleanField(default=True)

    objects = CreativeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "recording"], name="creative_once_in_campaign")]

    def __str__(self) -> str:
        return str(self.recording)


_OPEN = Q(counted_at=None, released_at=None)


class ImpressionQuerySet(models.QuerySet["Impression"]):
    def open(self) -> "ImpressionQuerySet":
        """Those that hold a piece of their campaign's budget."""
        return self.filter(_OPEN)

    def recent_of(self, user_id: int, since: datetime) -> "ImpressionQuerySet":
        """The listener's since then, and the newest one however old it is: one range of the index."""
        mine = self.filter(listener=user_id)
        newest = mine.order_by("-held_at").values("held_at")[:1]
        # Of nothing and a time, PostgreSQL's least is the time.
        return mine.filter(held_at__gte=Least(Value(since), Subquery(newest)))


class Impression(models.Model):
    """An ad that was given to a listener: held until `expires_at`, then counted or released.

    Without `listener` it is of somebody who was erased; the campaign's totals do not change by that.
    """

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="impressions")
    creative = models.ForeignKey(Creative, on_delete=models.PROTECT, related_name="impressions")
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    market = models.CharField(max_length=2)
    held_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    released_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    counted_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)
    clicked_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(null=True, blank=True)

    objects = ImpressionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("held_at")), name="impression_expires_later")
        ]
        indexes = [
            models.Index(fields=["listener", "-held_at"], name="impression_of_listener"),
            # What beat releases: a few rows of many.
            models.Index(fields=["expires_at"], name="impression_open", condition=_OPEN),
        ]

    def __str__(self) -> str:
        return f"{self.creative_id} at {self.held_at}"
