from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.audit.models import AuditEntry
from accounts.audit.services import Event


class EventFilter(admin.SimpleListFilter):
    """The closed list, and not what the table holds: that would read all of it."""

    title = "event"
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(event.value, event.value.replace("_", " ")) for event in Event]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(event=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):
    """Read only, for everybody. No counting: the table only grows."""

    list_display = ("at", "event", "user_uid", "actor_uid", "session_uid", "details")
    list_filter = (EventFilter, "at")
    search_fields = ("=user_uid", "=actor_uid", "=session_uid", "=address_hash", "=request_id")
    search_help_text = "A uid of a user or session, a hash of an address, or a request id"
    ordering = ("-at",)
    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False
