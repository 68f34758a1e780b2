from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, When
from django.forms import ModelChoiceField, ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.roles.permissions import ObjectPermissions
from accounts.roles.services import acting
from analytics.charts import services
from analytics.charts.models import ChartDecision, ChartRow
from analytics.charts.rules import BY_NAME, CHARTS
from catalog.music.models import Artist, Track
from catalog.playlists.models import Playlist

GONE = "no longer to be seen"


def _charts_of(thing: str) -> Q:
    return Q(chart__in=[chart.name for chart in CHARTS if chart.of == thing])


def _named(rows: QuerySet[Any], *, track: str, artist: str, playlist: str) -> QuerySet[Any]:
    """With the name of the track, artist or playlist; nothing where it is no longer in the catalogue, or not public."""
    titles = Track.objects.filter(pk=OuterRef(track)).values("recording__title")
    names = Artist.objects.filter(pk=OuterRef(artist)).values("name")
    playlists = Playlist.objects.public().filter(pk=OuterRef(playlist))
    thing = Case(
        When(_charts_of("artist"), then=Subquery(names)),
        When(_charts_of("playlist"), then=Subquery(playlists.values("name"))),
        default=Subquery(titles),
    )
    named: QuerySet[Any] = rows.annotate(thing=thing)
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
        rows = _named(super().get_queryset(request), track="item_id", artist="item_id", playlist="item_id")
        uids = Playlist.objects.public().filter(pk=OuterRef("item_id")).values("uid")
        shown: QuerySet[ChartRow] = rows.annotate(playlist_uid=Case(When(_charts_of("playlist"), then=Subquery(uids))))
        return shown

    @admin.display(description="Track, artist or playlist")
    def named(self, row: Any) -> str:
        return row.thing or GONE

    @admin.display(description="Moderation")
    def hide(self, row: Any) -> str:
        of = BY_NAME[row.chart].of
        item = row.playlist_uid if of == "playlist" else row.item_id
        if item is None:
            return ""
        query = urlencode({"chart": row.chart, of: item})
        address = reverse("admin:analytics_chartdecision_add")
        return format_html('<a class="bb-link" href="{}?{}">Hide or show</a>', address, query)


class DecisionForm(ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chart = BY_NAME.get(cleaned.get("chart", ""))
        if chart and not cleaned.get(chart.of):
            raise ValidationError({chart.of: f"This chart is of {chart.of}s: choose the one that it is about."})
        return cleaned


def _public_playlist() -> Any:
    """By its uid: there is no list of listeners' playlists to choose from."""
    return ModelChoiceField(
        Playlist.objects.public(), to_field_name="uid", required=False, widget=UnfoldAdminTextInputWidget,
        label="Playlist", help_text="The uid of a public one, as charts show it.",
    )  # fmt: skip


@admin.register(ChartDecision)
class ChartDecisionAdmin(ObjectPermissions, ModelAdmin):
    """Who hid what from which chart, when and why. The newest decision about a thing holds; none is changed."""

    form = DecisionForm
    list_display = ("at", "verb", "chart", "named", "reason", "actor_uid")
    list_filter = ("chart", "verb")
    search_fields = ("reason", "actor_uid")
    autocomplete_fields = ("track", "artist")
    fields = ("chart", "track", "artist", "playlist", "verb", "reason")

    def has_change_permission(self, request: HttpRequest, obj: ChartDecision | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ChartDecision | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChartDecision]:
        return _named(super().get_queryset(request), track="track_id", artist="artist_id", playlist="playlist_id")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "playlist":
            return _public_playlist()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ChartDecision | None = None) -> Any:
        # What it is about may be gone from the catalogue, or private: its name is looked up, and not the row.
        return self.fields if obj is None else ("chart", "named", "verb", "reason", "actor_uid", "at")

    @admin.display(description="Track, artist or playlist")
    def named(self, decision: Any) -> str:
        return decision.thing or GONE

    def save_model(self, request: HttpRequest, obj: ChartDecision, form: Any, change: bool) -> None:
        made = services.decide(
            chart=obj.chart, track_id=obj.track_id, artist_id=obj.artist_id, playlist_id=obj.playlist_id,
            verb=obj.verb, reason=obj.reason, actor_uid=acting(request.user).uid,
        )  # fmt: skip
        obj.pk = made.pk
