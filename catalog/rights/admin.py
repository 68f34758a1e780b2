from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from accounts.roles.services import acting
from catalog.music.models import Track
from catalog.music.scope import scoped
from catalog.music.scoped_admin import Scoped, ScopedInline
from catalog.rights import services, time_machine
from catalog.rights.forms import RuleForm, TimeMachineForm
from catalog.rights.models import RightsChange, Rule, Takedown, TakedownEvent
from catalog.rights.rules import Audience


class RuleInline(ScopedInline, StackedInline):
    """The rules of one label, release or track. Without any it inherits."""

    model = Rule
    form = RuleForm
    verbose_name_plural = "rules (none of its own: inherited; none at all: nothing plays)"
    extra = 0
    fields = ("scope", "territories", "access", "starts_at", "starts_on", "ends_at", "ends_on")


class HasRules:
    """For the admin of what has rules: what a save does to them is in the history and reaches the records."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        with services.changing_rules(holder=form.instance, actor_uid=acting(request.user).uid):
            super().save_related(request, form, formsets, change)  # type: ignore[misc]  # ModelAdmin's

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Rules are not deleted by themselves; they may go with their thing, and `end_rules` writes that down."""
        listed, counts, missing, protected = super().get_deleted_objects(objs, request)  # type: ignore[misc]  # ModelAdmin's
        return listed, counts, set(missing) - {Rule._meta.verbose_name}, protected  # noqa: SLF001  documented

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            services.end_rules(holder=obj, actor_uid=acting(request.user).uid)
            super().delete_model(request, obj)  # type: ignore[misc]  # ModelAdmin's

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            for thing in queryset:
                services.end_rules(holder=thing, actor_uid=acting(request.user).uid)
            super().delete_queryset(request, queryset)  # type: ignore[misc]  # ModelAdmin's

    @admin.display(description="History of rights")
    def rights_history(self, thing: Any) -> str:
        address = reverse("admin:catalog_rightschange_changelist")
        return format_html('<a class="bb-link" href="{}?thing_uid={}">What changed, by whom</a>', address, thing.uid)


class NeverChanged:
    """History is read."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(RightsChange)
class RightsChangeAdmin(NeverChanged, Scoped, ModelAdmin):
    list_display = ("at", "thing", "thing_uid", "was", "became", "actor_uid")
    list_filter = ("thing",)
    search_fields = ("thing_uid", "actor_uid")
    search_help_text = "The uid of a label, release, track or member of staff"

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "thing_uid" or bool(super().lookup_allowed(lookup, value, request))

    @admin.display(description="Before")
    def was(self, change: RightsChange) -> str:
        return _rules_in_words(change.before)

    @admin.display(description="After")
    def became(self, change: RightsChange) -> str:
        return _rules_in_words(change.after)


def _rules_in_words(rows: list[dict[str, Any]]) -> str:
    return "; ".join(map(_rule_in_words, rows)) or "inherited"


def _rule_in_words(row: dict[str, Any]) -> str:
    if "released_on" in row:
        return f"of {row['label']}, released on {row['released_on']}, announced at {row['announced_at'] or 'no time'}"
    where = ", ".join(row["territories"]) or "worldwide"
    but = "everywhere but " if row["territories"] and row["scope"] == "exclude" else ""
    start, end = row["starts_at"] or row["starts_on"], row["ends_at"] or row["ends_on"]
    window = f"{f' from {start}' if start else ''}{f' to {end}' if end else ''}"
    return f"{row['access']} {but}{where}{window}"


class TakedownEventInline(TabularInline):
    """The steps of a case so far, and a row for the next one."""

    model = TakedownEvent
    extra = 0
    fields = ("kind", "text", "at")
    readonly_fields = ("at",)
    verbose_name, verbose_name_plural = "step", "Steps"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "kind":
            # A case is opened once, when it is made.
            kwargs["choices"] = [choice for choice in TakedownEvent.Kind.choices if choice[0] != "opened"]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class OpenFilter(admin.SimpleListFilter):
    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("restored", "Restored")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Takedown]) -> QuerySet[Takedown]:
        return queryset.filter(restored_at__isnull=self.value() == "open") if self.value() else queryset


@admin.register(Takedown)
class TakedownAdmin(Scoped, ModelAdmin):
    """A case is opened, followed by steps, and ended by restoring; nothing of it is rewritten or deleted."""

    list_display = ("against", "reason", "claimant", "starts_at", "restored_at")
    list_filter = (OpenFilter, "reason")
    list_select_related = ("recording", "release")
    search_fields = ("claimant", "details", "uid", "recording__title", "release__title", "recording__isrc")
    autocomplete_fields = ("recording", "release")
    fields = ("recording", "release", "reason", "claimant", "details", "starts_at", "restored_at")
    readonly_fields = ("restored_at",)

    def get_readonly_fields(self, request: HttpRequest, obj: Takedown | None = None) -> Any:
        return self.readonly_fields if obj is None else self.fields

    def get_inlines(self, request: HttpRequest, obj: Takedown | None) -> Any:
        return () if obj is None else (TakedownEventInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Takedown | None = None) -> bool:
        return False

    @admin.display(description="Against")
    def against(self, takedown: Takedown) -> str:
        return str(takedown.recording or takedown.release)

    def save_model(self, request: HttpRequest, obj: Takedown, form: Any, change: bool) -> None:
        if change:
            return
        made = services.open_takedown(
            recording=obj.recording, release=obj.release, reason=obj.reason, claimant=obj.claimant,
            details=obj.details, starts_at=obj.starts_at, actor_uid=acting(request.user).uid,
        )  # fmt: skip
        obj.pk, obj.uid = made.pk, made.uid

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Each new row is a step of its own, in order."""
        formset.save(commit=False)
        for step in formset.new_objects:
            _take_step(form.instance, step, acting(request.user).uid)


def _take_step(takedown: Takedown, step: TakedownEvent, actor_uid: Any) -> None:
    if step.kind == TakedownEvent.Kind.RESTORED:
        services.restore_takedown(takedown=takedown, text=step.text, actor_uid=actor_uid)
    else:
        services.note_takedown(takedown=takedown, kind=step.kind, text=step.text, actor_uid=actor_uid)


@admin.register(Rule)
class RuleAdmin(NeverChanged, Scoped, ModelAdmin):
    """All rules, to find those that end; they are edited where they belong. The time machine starts here."""

    list_display = ("holder", "where", "access", "starts", "ends")
    list_filter = ("access", ("ends_at", admin.DateFieldListFilter), ("ends_on", admin.DateFieldListFilter))
    list_select_related = ("label", "release", "track__recording", "track__release")
    search_fields = ("label__name", "release__title", "track__recording__title", "uid")
    change_list_template = "catalog/rules.html"

    def get_urls(self) -> Any:
        machine = path("time-machine/", self.admin_site.admin_view(self.time_machine), name="catalog_rule_time_machine")
        return [machine, *super().get_urls()]

    def time_machine(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = TimeMachineForm(request.GET or {})
        page = int(request.GET["p"]) if request.GET.get("p", "").isdecimal() and len(request.GET["p"]) < 6 else 0
        context = {**self.admin_site.each_context(request), "title": "Time machine", "form": form, "page": page}
        if form.is_valid():
            context |= _travel(form, self.tracks_of(request, form.cleaned_data["search"]), page)
        return TemplateResponse(request, "catalog/time_machine.html", context)

    def tracks_of(self, request: HttpRequest, text: str) -> QuerySet[Track]:
        """The tracks that this member of staff may see; with words, those that they find."""
        tracks = scoped(request.user, Track.objects.all())
        return _named(tracks, text)

    @admin.display(description="Of")
    def holder(self, rule: Rule) -> str:
        thing = rule.holder
        address = reverse(f"admin:catalog_{thing._meta.model_name}_change", args=[thing.pk]) if thing else ""  # noqa: SLF001
        return format_html('<a href="{}">{}</a>', address, thing)

    @admin.display(description="Where")
    def where(self, rule: Rule) -> str:
        return str(rule).partition(": ")[2]

    @admin.display(description="From")
    def starts(self, rule: Rule) -> Any:
        return rule.starts_at or rule.starts_on or "its release date"

    @admin.display(description="To")
    def ends(self, rule: Rule) -> Any:
        return rule.ends_at or rule.ends_on or "no end"


def _travel(form: TimeMachineForm, tracks: QuerySet[Track], page: int) -> dict[str, Any]:
    asked = form.cleaned_data
    if asked["last"]:
        changes, more = time_machine.changes_between(
            tracks, asked["at"], asked["last"], markets=form.markets, tiers=form.tiers, page=page
        )
        return {"changes": changes, "more": more, "at": asked["at"], "last": asked["last"]}
    audience = Audience(market=form.markets[0], tier=form.tiers[0], hide_explicit=False, at=asked["at"])
    seen = time_machine.catalogue_at(tracks, audience, page=page)
    return {"seen": seen[: time_machine.PAGE], "more": len(seen) > time_machine.PAGE, "audience": audience}


def _named(tracks: QuerySet[Track], text: str) -> QuerySet[Track]:
    """Those with every word in the title, the release, its label or an artist, or of that ISRC."""
    for word in text.split()[:6]:
        # Each way by itself, so that the index of its letters answers; one condition over all reads every track.
        ways = [
            Track.objects.filter((way, word)).order_by().values("pk")
            for way in (
                "recording__title__icontains", "recording__artists__name__icontains", "release__title__icontains",
                "release__label__name__icontains", "recording__isrc__iexact",
            )
        ]  # fmt: skip
        tracks = tracks.filter(pk__in=ways[0].union(*ways[1:]))
    return tracks
