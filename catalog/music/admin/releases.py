"""Releases, and the tracks on them."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.roles.services import acting
from catalog.bulk.admin import BulkAdmin
from catalog.bulk.resources import ReleaseResource, TrackResource
from catalog.ingest.admin import UploadPanel, ingest_state
from catalog.ingest.previews import cover_of, current_assets, masters_with_jobs
from catalog.music import services
from catalog.music.admin.conflicts import Revised
from catalog.music.models import Recording, Release, ReleaseCredit, Track
from catalog.music.scope import EDITING, owned
from catalog.music.scoped_admin import (
    KnownOnceSaved,
    Scoped,
    ScopedChoices,
    ScopedFilter,
    ScopedInline,
    credited,
    with_artists,
)
from catalog.rights.admin import HasRules, RuleInline
from catalog.rights.services import changing_terms, end_rules


class ReleaseCreditInline(ScopedInline, TabularInline):
    model = ReleaseCredit
    extra = 0
    min_num = 1
    autocomplete_fields = ("artist",)
    fields = ("position", "artist", "join_phrase")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReleaseCredit]:
        rows: QuerySet[ReleaseCredit] = super().get_queryset(request)
        return rows.select_related("artist")


class PlacedRecordings(ScopedChoices):
    """What an editor put on a release of theirs from elsewhere, label staff may keep there."""

    def get_choices(self, request: HttpRequest, db_field: Any) -> QuerySet[Any]:
        if db_field.name != "recording":
            return super().get_choices(request, db_field)
        theirs = Track.objects.filter(owned(request.user, Track, EDITING))
        return Recording.objects.filter(owned(request.user, Recording, EDITING) | Q(pk__in=theirs.values("recording")))


class TrackInline(PlacedRecordings, ScopedInline, TabularInline):
    """Rows can be dragged. Without a mouse: write the numbers, in any order."""

    model = Track
    extra = 0
    ordering = ("disc", "number")
    ordering_field = "number"
    autocomplete_fields = ("recording",)
    fields = ("disc", "number", "recording", "state")
    readonly_fields = ("state",)

    class Media:
        js = ("catalog/order.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        tracks: QuerySet[Track] = super().get_queryset(request)
        return tracks.select_related("recording").prefetch_related(masters_with_jobs("recording__masters"))

    @admin.display(description="Ingest")
    def state(self, track: Track) -> Any:
        return ingest_state(track.recording) if track.pk else ""


@admin.register(Release)
class ReleaseAdmin(HasRules, KnownOnceSaved, UploadPanel, Revised, Scoped, BulkAdmin, ModelAdmin):
    resource_classes = (ReleaseResource,)
    upload_kind = "release"
    upload_accept = "image/*"
    upload_title = "Cover"
    upload_hint = "A square picture of at least 1400 px, as JPEG, PNG or WebP."
    upload_then = "lists and players show it as soon as it is ready"
    upload_done = "Ready. Lists and players show this cover now."
    ordering = ("-released_on", "-id")
    sortable_by = ("released_on",)
    search_fields = ("title", "upc", "uid", "artists__name")
    search_names = ("title", "credits__artist__name")
    search_codes = ("upc", "uid")
    list_display = ("picture", "title", "by", "kind", "label", "released_on", "cover")
    list_display_links = ("picture", "title")
    list_filter = ("kind", ("label", ScopedFilter), "genres")
    list_select_related = ("label",)
    autocomplete_fields = ("label", "genres")
    fields = (
        "large_picture", "label", "title", "version_title", "kind", "upc", ("released_on", "released_precision"),
        "announced_at", "language", "genres", "p_line", "c_line", "rights_history", "uid", "created_at",
    )  # fmt: skip
    readonly_fields = ("large_picture", "rights_history", "uid", "created_at")
    inlines = (ReleaseCreditInline, TrackInline, RuleInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        rows = with_artists(super().get_queryset(request), ReleaseCredit)
        return rows.prefetch_related(masters_with_jobs(), current_assets())

    @admin.display(description="")
    def picture(self, release: Release) -> str:
        return cover_of(release, px=40) or "-"

    @admin.display(description="Cover")
    def large_picture(self, release: Release) -> str:
        return cover_of(release, px=160) or "None yet"

    @admin.display(description="Artists")
    def by(self, release: Release) -> str:
        return credited(release)

    @admin.display(description="Cover")
    def cover(self, release: Release) -> Any:
        return ingest_state(release)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with changing_terms(release_ids=[obj.pk] if change else [], actor_uid=acting(request.user).uid):
            super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is Track:
            moved = [row.instance.pk for row in formset.initial_forms if row.has_changed()]
            services.make_room(track_ids=moved)
            for row in formset.deleted_forms:
                if row.instance.pk:
                    end_rules(holder=row.instance, actor_uid=acting(request.user).uid)
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with services.arranging(release_ids=[form.instance.pk]):
            super().save_related(request, form, formsets, change)


@admin.register(Track)
class TrackAdmin(HasRules, KnownOnceSaved, PlacedRecordings, Scoped, BulkAdmin, ModelAdmin):
    resource_classes = (TrackResource,)
    ordering = ("-id",)
    search_fields = ("recording__title", "release__title", "uid")
    search_names = ("recording__title", "release__title")
    search_codes = ("recording__isrc", "uid")
    list_display = ("recording", "release", "disc", "number", "state")
    list_filter = ("recording__kind", ("release__label", ScopedFilter))
    list_select_related = ("recording", "release")
    autocomplete_fields = ("recording", "release")
    readonly_fields = ("uid", "state", "record_version", "record_pushed", "rights_history")
    inlines = (RuleInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related(masters_with_jobs("recording__masters"))

    @admin.display(description="Ingest")
    def state(self, track: Track) -> Any:
        return ingest_state(track.recording) if track.pk else ""

    def save_model(self, request: HttpRequest, obj: Track, form: Any, change: bool) -> None:
        left = form.initial.get("release") if change else None
        with services.arranging(release_ids={obj.release_id, left or obj.release_id}):
            super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Track) -> None:
        with services.arranging(release_ids=[obj.release_id]):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Track]) -> None:
        with services.arranging(release_ids=queryset.order_by().values_list("release_id", flat=True)):
            super().delete_queryset(request, queryset)
