import uuid
from datetime import datetime
from typing import TypeAlias

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from billing.states import PAYING, State, Tier
from streaming.lib import clock, ids
from streaming.lib.records import UNPUSHED, RecordRow

NullableTime: TypeAlias = "models.DateTimeField[datetime | None, datetime | None]"


class Provider(models.TextChoices):
    STRIPE = "stripe", "Stripe"
    APPLE = "apple", "Apple"
    GOOGLE = "google", "Google"


class ProductQuerySet(models.QuerySet["Product"]):
    def offered(self, *, provider: str, market: str) -> "ProductQuerySet":
        """What is for sale in this market, in the order to show it in."""
        here = Q(markets=[]) | Q(markets__contains=[market])
        return self.filter(here, is_offered=True, provider=provider).order_by("rank", "pk")


class Product(models.Model):
    """What can be bought (Stripe: a price, Apple: a product id, Google: `product:base-plan`) and the tier it gives.

    A product that was ever bought stays: it says what its purchases give. The price is shown where the provider's own
    shop doesn't show it (Stripe); nothing is computed from it.
    """

    class Period(models.TextChoices):
        MONTH = "month", "Month"
        YEAR = "year", "Year"

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    provider = models.CharField(max_length=6, choices=Provider.choices)
    external_id = models.CharField(
        max_length=200, help_text="Stripe: price_…; Apple: the product id; Google: product-id:base-plan-id."
    )
    name = models.CharField(max_length=60)
    tier = models.CharField(max_length=4, choices=[(Tier.PAID.value, "Paid")], default=Tier.PAID.value)
    period = models.CharField(max_length=5, choices=Period.choices)
    amount: "models.PositiveIntegerField[int | None, int | None]" = models.PositiveIntegerField(
        null=True, blank=True, help_text="In the smallest unit of the currency: 999 for 9.99."
    )
    currency = models.CharField(
        max_length=3, blank=True, validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Three capital letters, such as EUR.")]
    )
    trial_days = models.PositiveSmallIntegerField(default=0)
    markets = ArrayField(
        models.CharField(
            max_length=2, validators=[RegexValidator(r"\A[A-Z]{2}\Z", "Two capital letters, such as DE.")]
        ),
        default=list,
        blank=True,
        help_text="Countries, with commas between. Empty means everywhere.",
    )
    is_offered = models.BooleanField(default=True, help_text="Off: nobody can buy it; who has it keeps it.")
    rank = models.PositiveSmallIntegerField(default=0, help_text="Lower comes first.")

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "external_id"], name="product_once"),
            models.CheckConstraint(
                condition=Q(amount=None, currency="") | (Q(amount__isnull=False) & ~Q(currency="")),
                name="product_price_whole",
                violation_error_message="A price needs an amount and a currency, or neither.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_provider_display()}, {self.get_period_display().lower()})"


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def counting(self) -> "PurchaseQuerySet":
        """Not those of a sandbox, where these cost nothing and give nothing."""
        return self if settings.BILLING_SANDBOX else self.filter(is_sandbox=False)

    def live(self) -> "PurchaseQuerySet":
        """What is paid for or will be tried to be: not what has ended, nor what another purchase continues."""
        return self.filter(is_replaced=False).exclude(state__in=[State.ENDED, State.REVOKED, State.INCOMPLETE])

    def to_check(self, at: datetime) -> "PurchaseQuerySet":
        return self.filter(check_at__lte=at)


class Purchase(models.Model):
    """One subscription at a provider, as it was when we last asked. Written by `billing.purchases.services` only."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    provider = models.CharField(max_length=6, choices=Provider.choices)
    # Google says nowhere how long a purchase token can be; those that are seen have some 150 to 250 characters.
    external_id = models.CharField(max_length=500, help_text="Its name at the provider.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="purchases"
    )
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, related_name="purchases")
    product_external_id = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in State])
    starts_at = models.DateTimeField()
    paid_until: NullableTime = models.DateTimeField(null=True)
    grace_until: NullableTime = models.DateTimeField(null=True)
    renews = models.BooleanField(default=False)
    revoked_at: NullableTime = models.DateTimeField(null=True)
    revoked_for = models.CharField(max_length=40, blank=True)
    is_sandbox = models.BooleanField(default=False)
    is_family = models.BooleanField(default=False)
    replaces = models.CharField(
        max_length=500, blank=True, help_text="The older purchase that this one continues, in the provider's words."
    )
    is_replaced = models.BooleanField(default=False, help_text="Another purchase continues it, and gives the rights.")
    is_acknowledged = models.BooleanField(
        default=True, help_text="Google: whether it was told that the purchase arrived; else it refunds after 3 days."
    )
    fetched_at = models.DateTimeField(help_text="When its provider was last asked.")
    check_at: NullableTime = models.DateTimeField(null=True, help_text="When it is asked again if nothing is heard.")
    failed_checks = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "external_id"], name="purchase_once")]
        indexes = [
            models.Index(fields=["check_at"], name="purchase_to_check", condition=Q(check_at__isnull=False)),
            models.Index(fields=["provider", "replaces"], name="purchase_that_replaces", condition=~Q(replaces="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.external_id}"

    @property
    def grants_rights(self) -> bool:
        """A sandbox's purchase costs nothing, an unknown product is nobody's promise, and a replaced one is over."""
        if self.product_id is None or self.is_replaced:
            return False
        return not self.is_sandbox or bool(settings.BILLING_SANDBOX)

    @property
    def is_paying(self) -> bool:
        return self.state in PAYING


class PurchaseMove(models.Model):
    """A purchase went from one account to another. Uids: the row outlives both."""

    purchase = models.ForeignKey(Purchase, on_delete=models.CASCADE, related_name="moves")
    from_user_uid = models.UUIDField()
    to_user_uid = models.UUIDField()
    moved_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["purchase", "moved_at"], name="moves_of_purchase")]

    def __str__(self) -> str:
        return f"{self.purchase} moved at {self.moved_at:%Y-%m-%d %H:%M}"


class ProviderEvent(models.Model):
    """A provider's word that something changed: stored before it is answered, once, and a hint only.

    `subject` is what it is about, in the provider's words (a subscription, a charge, a purchase token). Stripe's bodies
    are kept by dj-stripe; Apple's and Google's in `payload`.
    """

    provider = models.CharField(max_length=6, choices=Provider.choices)
    event_id = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    subject = models.CharField(max_length=500, blank=True)
    purchases = ArrayField(
        models.CharField(max_length=500), default=list, blank=True, help_text="What it turned out to be about."
    )
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=clock.now)
    processed_at: NullableTime = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at: NullableTime = models.DateTimeField(null=True, default=clock.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once")]
        indexes = [
            models.Index(fields=["try_at"], name="provider_event_waiting", condition=Q(processed_at=None)),
            models.Index(fields=["provider", "subject"], name="provider_event_subject"),
            GinIndex(fields=["purchases"], name="provider_event_purchases"),
        ]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} {self.type}"


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
    """The version of a user's viewer record. A user without a row has version 0: nothing has ever changed.

    `lapses_at` is when the entitlements change by themselves: then they are folded and noted again.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="viewer_version"
    )
    lapses_at: NullableTime = models.DateTimeField(null=True, editable=False)

    class Meta:
        # The sweepers look for what a crash left unpushed and for what has lapsed: indexes of those few rows only.
        indexes = [
            models.Index(fields=["user"], name="viewer_unpushed", condition=UNPUSHED),
            models.Index(fields=["lapses_at"], name="viewer_lapsing", condition=Q(lapses_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"viewer record {self.record_version} of {self.user_id}"


class EntitlementVersion(models.Model):
    """What a user might do from `at` on, and why that changed. Append-only: a trigger refuses anything else."""

    user_uid: "models.UUIDField[uuid.UUID, uuid.UUID]" = models.UUIDField(editable=False)
    version = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)
    tier = models.CharField(max_length=4)
    ends_at: NullableTime = models.DateTimeField(null=True)
    payment_problem = models.BooleanField(default=False)
    from_providers = ArrayField(models.CharField(max_length=6), default=list)
    cause = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user_uid", "version"], name="entitlement_version_once")]

    def __str__(self) -> str:
        return f"{self.user_uid} {self.version}: {self.tier}"


class Checkout(models.Model):
    """One visit to Stripe's checkout. While it is open, whoever asks again gets it again: nobody pays twice."""

    uid = models.UUIDField(default=ids.new_uid, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="checkouts")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.CharField(max_length=64)
    session_id = models.CharField(max_length=200)
    url = models.TextField()
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    closed_at: NullableTime = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "idempotency_key"], name="checkout_once")]

    def __str__(self) -> str:
        return f"checkout {self.uid}"


class Subscriber(User):
    """A user as one who pays or doesn't: the admin's page of why."""

    class Meta:
        proxy = True
        verbose_name = "why free or paid"
        verbose_name_plural = "why free or paid"
