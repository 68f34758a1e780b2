"""Labels, genres and artists."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from catalog.bulk.admin import BulkAdmin
from catalog.bulk.resources import ArtistResource
from catalog.music.admin.teams import WithTeam
from catalog.music.models import Artist, ArtistAlias, Genre, Label
from catalog.music.scope import may_touch, sees_all
from catalog.music.scoped_admin import KnownOnceSaved, Scoped, ScopedInline
from catalog.rights.admin import HasRules, RuleInline


@admin.register(Label)
class LabelAdmin(HasRules, KnownOnceSaved, WithTeam, Scoped, ModelAdmin):
    ordering = ("name",)
    search_fields = ("name",)
    list_display = ("name",)
    readonly_fields = ("uid", "rights_history")
    inlines = (RuleInline, *WithTeam.inlines)


@admin.register(Genre)
class GenreAdmin(Scoped, ModelAdmin):
    search_fields = ("name",)
    list_display = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

    def get_prepopulated_fields(self, request: HttpRequest, obj: Genre | None = None) -> Any:
        return super().get_prepopulated_fields(request, obj) if sees_all(request.user) else {}


class AliasInline(ScopedInline, TabularInline):
    model = ArtistAlias
    extra = 0

    def get_queryset(self, request: HttpRequest) -> Any:
        """Names of an artist who is shown are shown."""
        return super(ScopedInline, self).get_queryset(request)


@admin.register(Artist)
class ArtistAdmin(KnownOnceSaved, WithTeam, Scoped, BulkAdmin, ModelAdmin):
    resource_classes = (ArtistResource,)
    ordering = ("name",)
    search_fields = ("name", "native_name", "uid")
    search_names = ("name", "native_name")
    search_codes = ("uid",)
    list_display = ("name", "native_name", "created_at")
    fields = ("label", "name", "sort_name", "native_name", "uid", "created_at")
    autocomplete_fields = ("label",)
    readonly_fields = ("uid", "created_at")
    inlines = (AliasInline, *WithTeam.inlines)

    def get_fields(self, request: HttpRequest, obj: Artist | None = None) -> Any:
        """Who entered an artist is the business of that label and of editors."""
        named = super().get_fields(request, obj)
        if obj is None or sees_all(request.user) or may_touch(request.user, obj):
            return named
        return [name for name in named if name != "label"]
