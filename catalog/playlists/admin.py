"""Editorial playlists. Those of listeners are theirs: they have no page here."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ChoiceField, Field, HiddenInput, IntegerField, ModelForm
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from accounts.roles.permissions import ObjectPermissions
from catalog.music.admin.conflicts import Revised, RevisedForm
from catalog.music.models import Track
from catalog.music.scoped_admin import Fast, KnownOnceSaved, OwnRows, ScopedInline
from catalog.playlists import editorial
from catalog.playlists.models import Playlist, PlaylistEntry

# Django takes a thousand fields in a form, and a row has five.
MOST = 150


class PlacedTrack(HiddenInput):
    """Says which track it is. Its key goes along for the case that somebody else takes the row off meanwhile."""

    def __init__(self, track: Track) -> None:
        super().__init__()
        self.track = track

    # The theme draws no cell for what is hidden.
    is_hidden = False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return format_html("{}{}", super().render(name, self.track.pk, attrs, renderer), self.track.recording)


class PlacedField(Field):
    """The track of an entry stays what it is: another one is another entry."""

    def __init__(self, track: Track) -> None:
        super().__init__(required=False, widget=PlacedTrack(track), label="Track")
        self.track = track

    def clean(self, value: Any) -> Track:
        return self.track

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class EntryForm(ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    number = IntegerField(
        min_value=1, required=False, widget=UnfoldAdminIntegerFieldWidget, help_text="Empty: at the end."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["track"] = PlacedField(self.instance.track)


class EntryRows(OwnRows):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if index is not None and index < self.initial_form_count():
            form.fields["number"].initial = index + 1

    def in_order(self) -> list[PlaylistEntry]:
        """What shall be on it. Of two with one number the one that was moved there comes first."""
        rows = [row for row in self.forms if row not in self.deleted_forms and row.instance.track_id]
        return [row.instance for row in sorted(rows, key=_place_of)]


def _place_of(row: Any) -> tuple[int, bool]:
    return row.cleaned_data.get("number") or MOST + 1, "number" not in row.changed_data


class EntryInline(ScopedInline, TabularInline):
    """Rows can be dragged, or moved with Alt and an arrow key. Or write the numbers, in any order."""

    model = PlaylistEntry
    form = EntryForm
    formset = EntryRows
    extra = 0
    max_num = MOST
    ordering = ("rank",)
    ordering_field = "number"
    hide_title = True
    autocomplete_fields = ("track",)
    fields = ("number", "track")
    verbose_name_plural = "tracks"

    class Media:
        js = ("catalog/order.js",)

    def may_touch_parent(self, request: HttpRequest, obj: Any) -> bool:
        """Whoever may work on these rows may do so on each playlist that has a page."""
        return True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, validate_max=True, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlaylistEntry]:
        entries: QuerySet[PlaylistEntry] = super().get_queryset(request)
        return entries.select_related("track__recording")


class EditorialForm(RevisedForm):
    # An unlisted one is for whoever has its owner's link, and these have no owner.
    visibility = ChoiceField(
        choices=[("private", "Draft: nobody sees it"), ("public", "Public")], widget=UnfoldAdminSelectWidget
    )


@admin.register(Playlist)
class PlaylistAdmin(KnownOnceSaved, Revised, Fast, ObjectPermissions, ModelAdmin):
    form = EditorialForm
    ordering = ("-id",)
    search_fields = ("name", "uid")
    search_names = ("name",)
    search_codes = ("uid",)
    list_display = ("name", "visibility", "tracks", "updated_at")
    list_filter = ("visibility",)
    fields = ("name", "description", "visibility", "uid", "created_at", "updated_at")
    readonly_fields = ("uid", "created_at", "updated_at")
    inlines = (EntryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Playlist]:
        entries = PlaylistEntry.objects.filter(playlist=OuterRef("pk")).order_by().values("playlist")
        count = entries.annotate(count=Count("pk")).values("count")
        rows: QuerySet[Playlist] = super().get_queryset(request).editorial()
        return rows.annotate(tracks=Coalesce(Subquery(count), 0))

    @admin.display(description="Tracks")
    def tracks(self, playlist: Any) -> int:
        return int(playlist.tracks)

    def save_model(self, request: HttpRequest, obj: Playlist, form: Any, change: bool) -> None:
        # The form has taken the row's lock.
        changed = [name for name in form.changed_data if name in ("name", "description", "visibility")]
        editorial.keep_playlist(playlist=obj, changed=changed)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        editorial.arrange_entries(
            playlist=form.instance, entries=formset.in_order(), removed=[entry.pk for entry in formset.deleted_objects]
        )

    def get_deleted_objects(self, objs: Sequence[Any], request: HttpRequest) -> Any:
        """What is on them goes along, and is not listed row by row."""
        return [str(playlist) for playlist in objs], {"playlists": len(objs)}, set(), []
