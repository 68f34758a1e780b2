from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from accounts.roles.permissions import ObjectPermissions
from accounts.roles.services import acting
from analytics.charts import services
from analytics.charts.models import ChartDecision, ChartRow
from analytics.charts.rules import BY_NAME, CHARTS
from catalog.music.models import Artist, Track

OF_ARTISTS = [chart.name for chart in CHARTS if chart.of == "artist"]


def _named(rows: QuerySet[Any], is_artist: Q, track: str, artist: str) -> QuerySet[Any]:
    """With the name of the track or artist; nothing where it is no longer in the catalogue."""
    titles = Track.objects.filter(pk=OuterRef(track)).values("recording__title")
    names = Artist.objects.filter(pk=OuterRef(artist)).values("name")
    named: QuerySet[Any] = rows.annotate(thing=Case(When(is_artist, then=Subquery(names)), default=Subquery(titles)))
    return named


@admin.register(ChartRow)
class ChartRowAdmin(ObjectPermissions, ModelAdmin):
    """What was published, to be read, and to hide something from. No counting: the table only grows."""

    list_display = ("chart", "country", "last", "rank", "named", "streams", "listeners", "score", "hide")
    list_filter = ("chart", "last", "country")
    ordering = ("-pk",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ChartRow | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ChartRow | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChartRow]:
        return _named(super().get_queryset(request), Q(chart__in=OF_ARTISTS), "item_id", "item_id")

    @admin.display(description="Track or artist")
    def named(self, row: Any) -> str:
        return row.thing or "no longer in the catalogue"

    @admin.display(description="Moderation")
    def hide(self, row: Any) -> str:
        query = urlencode({"chart": row.chart, BY_NAME[row.chart].of: row.item_id})
        address = reverse("admin:analytics_chartdecision_add")
        return format_html('<a class="bb-link" href="{}?{}">Hide or show</a>', address, query)


class DecisionForm(ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chart = BY_NAME.get(cleaned.get("chart", ""))
        if chart and not cleaned.get(chart.of):
            raise ValidationError({chart.of: f"This chart is of {chart.of}s: choose the one that it is about."})
        return cleaned


@admin.register(ChartDecision)
class ChartDecisionAdmin(ObjectPermissions, ModelAdmin):
    """Who hid what from which chart, when and why. The newest decision about a thing holds; none is changed."""

    form = DecisionForm
    list_display = ("at", "verb", "chart", "named", "reason", "actor_uid")
    list_filter = ("chart", "verb")
    search_fields = ("reason", "actor_uid")
    autocomplete_fields = ("track", "artist")
    fields = ("chart", "track", "artist", "verb", "reason")

    def has_change_permission(self, request: HttpRequest, obj: ChartDecision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ChartDecision | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChartDecision]:
        return _named(super().get_queryset(request), Q(artist__isnull=False), "track_id", "artist_id")

    def get_fields(self, request: HttpRequest, obj: ChartDecision | None = None) -> Any:
        # The track or artist may be gone from the catalogue: its name is looked up, and not the row.
        return self.fields if obj is None else ("chart", "named", "verb", "reason", "actor_uid", "at")

    @admin.display(description="Track or artist")
    def named(self, decision: Any) -> str:
        return decision.thing or "no longer in the catalogue"

    def save_model(self, request: HttpRequest, obj: ChartDecision, form: Any, change: bool) -> None:
        made = services.decide(
            chart=obj.chart, track_id=obj.track_id, artist_id=obj.artist_id, verb=obj.verb, reason=obj.reason,
            actor_uid=acting(request.user).uid,
        )  # fmt: skip
        obj.pk = made.pk
