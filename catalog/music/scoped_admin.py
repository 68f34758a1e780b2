"""Admin pages on which people of a label meet their label only. For whoever sees all, they are plain pages.

Every page of a model that belongs to labels (see scope.PATHS) is made of `Scoped`, every inline of `ScopedInline`, and
every filter by a related row is a `ScopedFilter`. `Fast` keeps a list quick with a million rows.
"""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_permission_codename
from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError
from django.db.models import Model, OuterRef, QuerySet
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.admin import checkbox
from unfold.forms import PaginationInlineFormSet
from unfold.paginator import InfinitePaginator

from accounts.roles.permissions import ObjectPermissions
from catalog.music import admin_search
from catalog.music.models import Artist, Genre, RecordingCredit, ReleaseCredit
from catalog.music.scope import edits_for_a_label, is_owned, may_touch, owned, roles_to_touch, scoped, sees_all

TAKEN = "Somebody added a row like this one after you had opened the page. Change this one, or remove it."
STILL_NAMED = "Something that still names it. Take it off that first, or ask an editor."


def choices(user: Any, model: type[Model]) -> QuerySet[Any]:
    """The rows that the user may choose in a form: artists and genres whom they see, of the rest what they may edit."""
    rows = model._default_manager.all()
    if model in (Artist, Genre):
        return scoped(user, rows)
    return rows.filter(owned(user, model, roles_to_touch(model)))


class ScopedChoices:
    """In forms only rows of one's own can be chosen, by whatever is sent. Each thing is of one of one's labels."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if not sees_all(request.user):
            kwargs["queryset"] = self.get_choices(request, db_field)
            if db_field.name == "label":
                kwargs["required"] = True
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]  # ModelAdmin's

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if not sees_all(request.user):
            kwargs["queryset"] = self.get_choices(request, db_field)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]  # ModelAdmin's

    def get_choices(self, request: HttpRequest, db_field: Any) -> QuerySet[Any]:
        return choices(request.user, db_field.remote_field.model)

    def get_queryset(self, request: HttpRequest) -> Any:
        return scoped(request.user, super().get_queryset(request))  # type: ignore[misc]  # ModelAdmin's


class KnownOnceSaved:
    """The read-only fields hold what the server makes: an add page has nothing true to say in them."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else super().get_readonly_fields(request, obj)  # type: ignore[misc]  # ModelAdmin's

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        named = super().get_fields(request, obj)  # type: ignore[misc]  # ModelAdmin's
        if obj is not None:
            return named
        made = set(super().get_readonly_fields(request, obj))  # type: ignore[misc]  # ModelAdmin's
        return [name for name in named if not isinstance(name, str) or name not in made]


def with_artists(things: QuerySet[Any], model: type[ReleaseCredit] | type[RecordingCredit]) -> QuerySet[Any]:
    """With what `credited` reads, by the credits of that model. No further query."""
    named = model._default_manager.filter(**{things.model._meta.model_name: OuterRef("pk")})  # noqa: SLF001  documented
    found: QuerySet[Any] = things.annotate(artist_names=ArraySubquery(named.values("artist__name")))
    return found


def credited(thing: Any) -> str:
    """The artists of a recording or release, in order."""
    return ", ".join(thing.artist_names)


class ScopedFilter(admin.RelatedFieldListFilter):
    """A filter that offers only what its reader may see; nothing where that is more than anybody reads."""

    most = 50

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        rows = scoped(request.user, field.remote_field.model._default_manager.order_by("name"))
        found = [(row.pk, str(row)) for row in rows[: self.most + 1]]
        return found if len(found) <= self.most else []


_BOX = f'<input type="checkbox" name="{ACTION_CHECKBOX_NAME}" value="{{}}"{flatatt(checkbox.attrs)}>'


class Fast:
    """No page counts all rows: there is a next page, or there is none."""

    change_list_template = "catalog/fast_list.html"
    show_full_result_count = False
    list_per_page = 20
    show_facets = admin.ShowFacets.NEVER
    paginator = InfinitePaginator
    # Sorting by a column without an index reads the whole table.
    sortable_by: tuple[str, ...] = ()
    # Columns of names, which have an index of their letters, and of codes. Without any, Django's own search.
    search_names: tuple[str, ...] = ()
    search_codes: tuple[str, ...] = ()

    @admin.display(description="")
    def action_checkbox(self, obj: Model) -> str:
        """The theme's box without its template, which took a tenth of a page's time."""
        return format_html(_BOX, obj.pk)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not self.search_names or not search_term.split():
            return super().get_search_results(request, queryset, search_term)  # type: ignore[misc]  # ModelAdmin's
        everything = sees_all(request.user)
        names, codes = self.search_names, self.search_codes
        return admin_search.find(queryset, search_term, names=names, codes=codes, all_rows=everything), False


class Scoped(Fast, ScopedChoices, ObjectPermissions):
    """A page of a model: lists, forms, deletion and history."""

    opts: Any

    def has_add_permission(self, request: HttpRequest) -> bool:
        allowed: bool = super().has_add_permission(request)  # type: ignore[misc]  # ModelAdmin's
        return allowed and edits_for_a_label(request.user)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            page: HttpResponse = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        except IntegrityError:
            # Somebody saved the same code or name between our look and our save, of which nothing is left: looking
            # again finds it, and says so beside what was typed.
            page = super().changeform_view(request, *args, **kwargs)  # type: ignore[misc]  # ModelAdmin's
        return page

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever works for one label need not choose it."""
        data: dict[str, Any] = super().get_changeform_initial_data(request)  # type: ignore[misc]  # ModelAdmin's
        if not sees_all(request.user):
            label = next((field for field in self.opts.fields if field.name == "label"), None)
            mine = list(self.get_choices(request, label)[:2]) if label else []
            if len(mine) == 1:
                data.setdefault("label", mine[0].pk)
        return data

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """A filter that nobody offers could ask about rows that are not shown: by whom is this artist entered?"""
        if sees_all(request.user):
            return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[misc]  # ModelAdmin's
        offered = [item[0] if isinstance(item, tuple) else item for item in self.get_list_filter(request)]  # type: ignore[attr-defined]  # ModelAdmin's
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered if isinstance(name, str))

    def get_deleted_objects(self, objs: Iterable[Any], request: HttpRequest) -> Any:
        """What goes along, or stands against it, may be another label's: it is not listed."""
        rows = list(objs)
        if not sees_all(request.user) and not all(self.has_delete_permission(request, row) for row in rows):
            return [str(row) for row in rows], {}, {self.opts.verbose_name}, []
        listed, counts, missing, protected = super().get_deleted_objects(rows, request)  # type: ignore[misc]  # ModelAdmin's
        if protected and not sees_all(request.user):
            protected = [STILL_NAMED]
        return listed, counts, missing, protected

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Of an artist who is public, label staff see the name; what was done to the row is its label's business."""
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]  # ModelAdmin's
        if row is not None and not is_owned(request.user, row):
            answer: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]  # ModelAdmin's
            return answer
        page: HttpResponse = super().history_view(request, object_id, extra_context)  # type: ignore[misc]  # ModelAdmin's
        return page


class OwnRows(PaginationInlineFormSet):
    """A row whose key is not, or no longer, one of the thing's own rows is a new one: what was typed in it stays."""

    data: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound:
            self.data = self._with_strangers_as_new(self.data)

    def _with_strangers_as_new(self, data: Any) -> Any:
        key = self.model._meta.pk.name  # noqa: SLF001  documented
        places = {name: match for name in data if (match := re.fullmatch(rf"{self.prefix}-(\d+)-(.+)", name))}
        given = data.get(f"{self.prefix}-INITIAL_FORMS", "")
        initial = int(given) if given.isdecimal() else 0
        own = {str(pk) for pk in self._own_rows().values_list("pk", flat=True)}
        rows = sorted({int(match[1]) for match in places.values()})
        strangers = [row for row in rows if row < initial and data.get(f"{self.prefix}-{row}-{key}") not in own]
        if not strangers:
            return data
        kept = [row for row in rows if row < initial and row not in strangers]
        moved = {row: place for place, row in enumerate([*kept, *strangers])}
        changed = data.copy()
        for name in places:
            del changed[name]
        for name, match in places.items():
            row = int(match[1])
            values = [""] if match[2] == key and row in strangers else data.getlist(name)
            changed.setlist(f"{self.prefix}-{moved.get(row, row)}-{match[2]}", values)
        changed[f"{self.prefix}-INITIAL_FORMS"] = str(len(kept))
        return changed

    def clean(self) -> None:
        """What somebody else added since the page was opened stands in the database alone."""
        super().clean()
        shown = [form.instance.pk for form in self.initial_forms]
        added = self._own_rows().exclude(pk__in=shown)
        for constraint in self.model._meta.total_unique_constraints:  # noqa: SLF001  documented
            names = [name for name in constraint.fields if name != self.fk.name]
            taken = set(added.values_list(*names)) if len(names) < len(constraint.fields) else set()
            for form in self.forms if taken else ():
                place = tuple(form.instance.serializable_value(name) for name in names)
                if place in taken and form not in self.deleted_forms:
                    form.add_error(None, TAKEN)

    def save_existing_objects(self, commit: bool = True) -> Any:
        if commit:
            self._make_room()
        return super().save_existing_objects(commit)

    def _make_room(self) -> None:
        """Rows are written one after the other: two that swap what must be unique would meet, and so would one that
        takes the place of one that goes. They leave the table first, and come back under their keys.

        Not where something may hang on a row, which would go with it: tracks are moved aside (`services.make_room`).
        """
        meta = self.model._meta  # noqa: SLF001  documented
        if any(field.auto_created and not field.concrete for field in meta.get_fields(include_hidden=True)):
            return
        changed = [form for form in self.initial_forms if form.has_changed()]
        if any(self._meets_another(changed, constraint) for constraint in meta.total_unique_constraints):
            self._own_rows().filter(pk__in=[form.instance.pk for form in changed]).delete()

    def _meets_another(self, changed: Iterable[Any], constraint: Any) -> bool:
        """Whether one of these forms moves to a place that a row in the database has."""
        names = [name for name in constraint.fields if name != self.fk.name]
        moved = [form.instance for form in changed if {*names} & {*form.changed_data}]
        held = set(self._own_rows().values_list(*names)) if moved else set()
        return any(tuple(row.serializable_value(name) for name in names) in held for row in moved)

    def _own_rows(self) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.model._default_manager.filter(**{self.fk.name: self.instance.pk})
        return rows


class ScopedInline(ScopedChoices):
    """Rows of the thing that a page is about: what one may do with them is what one may do with it."""

    formset = OwnRows
    opts: Any

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, "view") or self._has(request, "change")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, "add") and self.may_touch_parent(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, "change") and self.may_touch_parent(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has(request, "delete") and self.may_touch_parent(request, obj)

    def may_touch_parent(self, request: HttpRequest, obj: Any) -> bool:
        """`obj` is None on a page that adds the thing."""
        return edits_for_a_label(request.user) if obj is None else may_touch(request.user, obj)

    def _has(self, request: HttpRequest, verb: str) -> bool:
        return bool(request.user.has_perm(f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}"))
