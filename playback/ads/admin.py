from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline

from accounts.roles.permissions import ObjectPermissions
from catalog.ingest.admin import ingest_state
from catalog.ingest.previews import masters_with_jobs
from playback.ads.models import Advertiser, Campaign, Creative
from playback.ads.rules import Delivery, delivery_of
from streaming.lib import clock


@admin.register(Advertiser)
class AdvertiserAdmin(ObjectPermissions, ModelAdmin):
    # The model's own order is lost where rows are counted.
    ordering = ("name",)
    search_fields = ("name",)
    list_display = ("name", "campaign_count")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Advertiser]:
        rows: QuerySet[Advertiser] = super().get_queryset(request)
        counted: QuerySet[Advertiser] = rows.annotate(campaign_count=Count("campaigns"))
        return counted

    @admin.display(description="Campaigns", ordering="campaign_count")
    def campaign_count(self, advertiser: Any) -> int:
        count: int = advertiser.campaign_count
        return count


class CreativeInline(TabularInline):
    """The ads of a campaign. Sound, video and banner are uploaded on the page of the recording."""

    model = Creative
    extra = 0
    autocomplete_fields = ("recording",)
    fields = ("recording", "is_active", "state", "banner")
    readonly_fields = ("state", "banner")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Creative]:
        rows: Any = super().get_queryset(request)
        creatives: QuerySet[Creative] = rows.with_presentation().prefetch_related(
            masters_with_jobs("recording__masters")
        )
        return creatives

    @admin.display(description="Ingest")
    def state(self, creative: Any) -> Any:
        if not creative.pk:
            return ""
        return ingest_state(creative.recording) if creative.asset_uid is None else "Ready"

    @admin.display(description="Banner", boolean=True)
    def banner(self, creative: Any) -> bool:
        return bool(creative.pk and creative.banner_uid)


def delivery(campaign: Campaign) -> Delivery:
    return delivery_of(
        clock.now(),
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        budget=campaign.budget,
        delivered=campaign.delivered,
    )


class StandingFilter(admin.SimpleListFilter):
    """Where campaigns stand in time."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("running", "Running"), ("planned", "Planned"), ("ended", "Ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        at = clock.now()
        chosen = {
            "running": {"starts_at__lte": at, "ends_at__gt": at},
            "planned": {"starts_at__gt": at},
            "ended": {"ends_at__lte": at},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


class CampaignForm(ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    def clean_budget(self) -> int:
        """Not below what was given. The row stays locked until the page is saved, so that this remains true."""
        budget: int = self.cleaned_data["budget"]
        current = Campaign.objects.select_for_update(no_key=True).filter(pk=self.instance.pk).first()
        given = current.delivered + current.held if current else 0
        if budget < given:
            raise ValidationError(f"{given} were given already, so the budget can't be less.")
        return budget


@admin.register(Campaign)
class CampaignAdmin(ObjectPermissions, ModelAdmin):
    form = CampaignForm
    search_fields = ("name", "advertiser__name", "uid")
    list_display = ("name", "advertiser", "starts_at", "ends_at", "priority", "is_active", "against_plan", "clicks")
    list_filter = (StandingFilter, "is_active", "priority", "advertiser", "genres")
    list_select_related = ("advertiser",)
    ordering = ("-starts_at", "-pk")
    date_hierarchy = "starts_at"
    autocomplete_fields = ("advertiser", "genres")
    readonly_fields = ("uid", "against_plan", "held", "clicks", "created_at")
    inlines = (CreativeInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)

    @admin.display(description="Delivered against plan", ordering="delivered")
    def against_plan(self, campaign: Campaign) -> str:
        now = delivery(campaign)
        return format_html(
            '<span class="bb-plan"><progress max="{}" value="{}" aria-label="{} % delivered"></progress>'
            '<span class="{}">{} of {} ({} %), expected by now {}</span></span>',
            campaign.budget,
            campaign.delivered,
            now.percent,
            "bb-bad" if now.is_behind else "bb-good",
            campaign.delivered,
            campaign.budget,
            now.percent,
            now.expected,
        )

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Only what was edited is written: the page's copies of the counters are old by now."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        obj.save(update_fields=[name for name in form.changed_data if name != "genres"])
