"""Recordings, with their credits and words."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from catalog.bulk.admin import BulkAdmin
from catalog.bulk.resources import RecordingResource
from catalog.ingest import control
from catalog.ingest.admin import UploadPanel, ingest_state
from catalog.ingest.previews import masters_with_jobs, player_of
from catalog.music import services
from catalog.music.admin.conflicts import Revised
from catalog.music.models import Lyrics, Recording, RecordingCredit
from catalog.music.scope import sees_all
from catalog.music.scoped_admin import (
    KnownOnceSaved,
    OwnRows,
    Scoped,
    ScopedFilter,
    ScopedInline,
    credited,
    with_artists,
)
from streaming.lib.errors import Code, DomainError


class RecordingCreditFormSet(OwnRows):
    """An ad is by nobody; every other recording names its artists."""

    def full_clean(self) -> None:
        # Only now: the rows are made before the kind that was entered is known.
        if self.instance.kind == Recording.Kind.AD:
            for form in self.forms:
                form.empty_permitted = True
        super().full_clean()


class RecordingCreditInline(ScopedInline, TabularInline):
    model = RecordingCredit
    formset = RecordingCreditFormSet
    extra = 0
    min_num = 1
    autocomplete_fields = ("artist",)
    fields = ("position", "artist", "role", "join_phrase")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecordingCredit]:
        rows: QuerySet[RecordingCredit] = super().get_queryset(request)
        return rows.select_related("artist")


class LyricsInline(ScopedInline, StackedInline):
    model = Lyrics
    extra = 0
    fields = ("language", "text", "timed")


@admin.register(Recording)
class RecordingAdmin(KnownOnceSaved, UploadPanel, Revised, Scoped, BulkAdmin, ModelAdmin):
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
    search_names = ("title", "credits__artist__name")
    search_codes = ("isrc", "uid")
    list_display = ("title", "by", "kind", "label", "isrc", "length", "state")
    list_filter = ("kind", "explicit", ("label", ScopedFilter))
    list_select_related = ("label",)
    autocomplete_fields = ("label",)
    fields = (
        "kind", "label", "title", "version_title", "isrc", "explicit", "listen", "uid", "length", "ready_at",
        "created_at",
    )  # fmt: skip
    readonly_fields = ("listen", "uid", "length", "ready_at", "created_at")
    inlines = (RecordingCreditInline, LyricsInline)
    actions = ("remake",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recording]:
        rows = with_artists(super().get_queryset(request), RecordingCredit)
        return rows.prefetch_related(masters_with_jobs())

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Ads have no label, so label staff make none."""
        if db_field.name == "kind" and not sees_all(request.user):
            kwargs["choices"] = [choice for choice in Recording.Kind.choices if choice[0] != Recording.Kind.AD]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description="Artists")
    def by(self, recording: Recording) -> str:
        return credited(recording)

    @admin.display(description="Listen")
    def listen(self, recording: Recording) -> str:
        return player_of(recording) or "Nothing is published yet"

    @admin.display(description="Length", ordering="duration_ms")
    def length(self, recording: Recording) -> str:
        """Minutes and seconds, as measured at ingest."""
        seconds = round((recording.duration_ms or 0) / 1000)
        return f"{seconds // 60}:{seconds % 60:02}" if seconds else "-"

    @admin.display(description="Ingest")
    def state(self, recording: Recording) -> Any:
        return ingest_state(recording)

    @admin.action(description="Make the missing assets again", permissions=["change"])
    def remake(self, request: HttpRequest, chosen: QuerySet[Recording]) -> None:
        waiting = 0
        for recording in chosen:
            try:
                self._check_may_change(request, recording)
                waiting += control.remake_missing(recording=recording)
            except DomainError as error:
                self.message_user(request, f"{recording}: {error.detail}", messages.WARNING)
        sentence = f"What is missing is being made for {waiting} of {len(chosen)}. What is published plays on."
        self.message_user(request, sentence)

    def _check_may_change(self, request: HttpRequest, recording: Recording) -> None:
        """Who is in a label's team to look has the list, too."""
        if not self.has_change_permission(request, recording):
            raise DomainError(Code.FORBIDDEN, "You may look at it, not change it.", status=403)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        services.change_tracks(recording_ids=[form.instance.pk])
