from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import PaginationInlineFormSet

from accounts.roles.permissions import ObjectPermissions
from catalog.bulk.admin import BulkAdmin
from catalog.bulk.resources import ArtistResource, RecordingResource, ReleaseResource, TrackResource
from catalog.ingest.admin import UploadPanel, ingest_state
from catalog.music import services
from catalog.music.models import (
    Artist,
    Genre,
    Label,
    Membership,
    Recording,
    RecordingCredit,
    Release,
    ReleaseCredit,
    Track,
)
from catalog.rights.admin import HasRules, RuleInline


class KnownOnceSaved:
    """The read-only fields hold what the server makes: an add page has nothing true to say in them."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)  # type: ignore[misc]  # ModelAdmin's


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)
    fields = ("user", "role")


@admin.register(Label)
class LabelAdmin(HasRules, KnownOnceSaved, ObjectPermissions, ModelAdmin):
    ordering = ("name",)
    search_fields = ("name",)
    list_display = ("name",)
    readonly_fields = ("uid", "rights_history")
    inlines = (RuleInline, MembershipInline)


@admin.register(Genre)
class GenreAdmin(ObjectPermissions, ModelAdmin):
    search_fields = ("name",)
    list_display = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}


@admin.register(Artist)
class ArtistAdmin(KnownOnceSaved, ObjectPermissions, BulkAdmin, ModelAdmin):
    resource_classes = (ArtistResource,)
    ordering = ("name",)
    search_fields = ("name", "sort_name", "uid")
    list_display = ("name", "recording_count", "created_at")
    readonly_fields = ("uid", "created_at")
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Artist]:
        artists: QuerySet[Artist] = super().get_queryset(request)
        counted: QuerySet[Artist] = artists.annotate(recording_count=Count("recordings"))
        return counted

    @admin.display(description="Recordings", ordering="recording_count")
    def recording_count(self, artist: Any) -> int:
        count: int = artist.recording_count
        return count


def credited(thing: Any) -> str:
    """The artists of a recording or release, in order, from its prefetched credits."""
    return ", ".join(credit.artist.name for credit in thing.credits.all())


class RecordingCreditFormSet(PaginationInlineFormSet):
    """An ad is by nobody; every other recording names its artists."""

    def full_clean(self) -> None:
        # Only now: the rows are made before the kind that was entered is known.
        if self.instance.kind == Recording.Kind.AD:
            for form in self.forms:
                form.empty_permitted = True
        super().full_clean()


class RecordingCreditInline(TabularInline):
    model = RecordingCredit
    formset = RecordingCreditFormSet
    extra = 0
    min_num = 1
    autocomplete_fields = ("artist",)


class ReleaseCreditInline(TabularInline):
    model = ReleaseCredit
    extra = 0
    min_num = 1
    autocomplete_fields = ("artist",)


class TrackInline(TabularInline):
    model = Track
    extra = 0
    autocomplete_fields = ("recording",)
    fields = ("disc", "number", "recording", "state")
    readonly_fields = ("state",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        tracks: QuerySet[Track] = super().get_queryset(request)
        return tracks.select_related("recording").prefetch_related("recording__masters__job")

    @admin.display(description="Ingest")
    def state(self, track: Track) -> Any:
        return ingest_state(track.recording) if track.pk else ""


@admin.register(Release)
class ReleaseAdmin(HasRules, KnownOnceSaved, UploadPanel, ObjectPermissions, BulkAdmin, ModelAdmin):
    resource_classes = (ReleaseResource,)
    upload_kind = "release"
    upload_accept = "image/*"
    upload_title = "Cover"
    upload_hint = "A square picture of at least 1400 px, as JPEG, PNG or WebP."
    upload_then = "lists and players show it as soon as it is ready"
    upload_done = "Ready. Lists and players show this cover now."
    ordering = ("-released_on", "-id")
    search_fields = ("title", "uid", "artists__name")
    list_display = ("title", "by", "kind", "label", "released_on", "cover")
    list_filter = ("kind", "label", "genres")
    list_select_related = ("label",)
    autocomplete_fields = ("label", "genres")
    readonly_fields = ("uid", "created_at", "rights_history")
    date_hierarchy = "released_on"
    inlines = (ReleaseCreditInline, TrackInline, RuleInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Release]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("masters__job", "credits__artist")

    @admin.display(description="Artists")
    def by(self, release: Release) -> str:
        return credited(release)

    @admin.display(description="Cover")
    def cover(self, release: Release) -> Any:
        return ingest_state(release)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.change_tracks(release_ids=[form.instance.pk])


@admin.register(Recording)
class RecordingAdmin(KnownOnceSaved, UploadPanel, ObjectPermissions, BulkAdmin, ModelAdmin):
    resource_classes = (RecordingResource,)
    upload_kind = "recording"
    upload_accept = "audio/*,video/*,image/*,.flac,.aiff,.aif,.m4a,.opus"
    upload_title = "Master"
    upload_hint = (
        "WAV, FLAC, AIFF or ALAC for audio; MP4 or MOV for video. An ad takes either, and a picture as its banner."
    )
    upload_then = "its tracks are playable as soon as it is ready"
    upload_done = "Ready. Its tracks are playable now."
    ordering = ("-id",)
    search_fields = ("title", "isrc", "uid", "artists__name")
    autocomplete_fields = ("label",)
    list_display = ("title", "by", "kind", "isrc", "length", "state")
    list_filter = ("kind", "explicit")
    readonly_fields = ("uid", "length", "ready_at", "created_at")
    inlines = (RecordingCreditInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("masters__job", "credits__artist")

    @admin.display(description="Artists")
    def by(self, recording: Recording) -> str:
        return credited(recording)

    @admin.display(description="Length", ordering="duration_ms")
    def length(self, recording: Recording) -> str:
        """Minutes and seconds, as measured at ingest."""
        seconds = round((recording.duration_ms or 0) / 1000)
        return f"{seconds // 60}:{seconds % 60:02}" if seconds else "-"

    @admin.display(description="Ingest")
    def state(self, recording: Recording) -> Any:
        return ingest_state(recording)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.change_tracks(recording_ids=[form.instance.pk])


@admin.register(Track)
class TrackAdmin(HasRules, KnownOnceSaved, ObjectPermissions, BulkAdmin, ModelAdmin):
    resource_classes = (TrackResource,)
    search_fields = ("recording__title", "release__title", "uid")
    list_display = ("recording", "release", "disc", "number", "state")
    list_filter = ("recording__kind", "release__label")
    list_select_related = ("recording", "release")
    autocomplete_fields = ("recording", "release")
    readonly_fields = ("uid", "state", "record_version", "record_pushed", "rights_history")
    inlines = (RuleInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Track]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("recording__masters__job")

    @admin.display(description="Ingest")
    def state(self, track: Track) -> Any:
        return ingest_state(track.recording) if track.pk else ""

    def save_model(self, request: HttpRequest, obj: Track, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.change_tracks(recording_ids=[obj.recording_id])
