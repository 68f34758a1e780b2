from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from billing import services
from billing.models import Grant


@admin.register(Grant)
class GrantAdmin(ModelAdmin):
    list_display = ("user", "reason", "starts_at", "ends_at", "revoked_at")
    list_filter = ("reason",)
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    search_fields = ("user__email", "note")
    readonly_fields = ("uid", "revoked_at", "created_at")
    actions = ("revoke",)

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.change_viewer(user_id=obj.user_id)

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    @admin.action(description="Revoke the chosen grants")
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        for grant in queryset:
            services.revoke_grant(grant=grant)
