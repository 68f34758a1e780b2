from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from accounts.audit.services import Event, record
from accounts.models import User
from accounts.roles.permissions import ObjectPermissions
from accounts.roles.services import acting
from billing import services
from billing.models import Grant, Product, ProviderEvent, Purchase, Subscriber
from billing.purchases.queries import timeline_of, why


class ReadOnly:
    """Written by providers' news only."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Grant)
class GrantAdmin(ObjectPermissions, ModelAdmin):
    """A grant is given and revoked; what was given is not rewritten."""

    list_display = ("user", "reason", "starts_at", "ends_at", "revoked_at")
    list_filter = ("reason",)
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    search_fields = ("user__email", "note")
    readonly_fields = ("uid", "revoked_at", "created_at")
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: Grant | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "user", "starts_at")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"reason": Grant.Reason.STAFF, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.fold_user(user_id=obj.user_id, cause=f"grant {obj.uid} {'changed' if change else 'given'} by staff")
        _note(request, obj.user, "grant_changed" if change else "grant_given", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Grant | None = None) -> bool:
        return False

    @admin.action(description="Revoke the chosen grants", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        for grant in queryset.select_related("user"):
            services.revoke_grant(grant=grant)
            _note(request, grant.user, "grant_revoked", grant)
        self.message_user(request, "They were revoked.", messages.SUCCESS)


def _note(request: HttpRequest, user: User, action: str, grant: Grant) -> None:
    details = {"action": action, "model": "grant", "object": str(grant.uid)}
    record(Event.STAFF_ACTION, user=user, actor=acting(request.user), details=details)


@admin.register(Product)
class ProductAdmin(ObjectPermissions, ModelAdmin):
    list_display = ("name", "provider", "period", "external_id", "amount", "currency", "is_offered")
    list_filter = ("provider", "is_offered")
    search_fields = ("name", "external_id")
    readonly_fields = ("uid",)

    def get_readonly_fields(self, request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """What purchases point at stays what it is."""
        return ("uid",) if obj is None else ("uid", "provider", "external_id", "tier")

    def has_delete_permission(self, request: HttpRequest, obj: Product | None = None) -> bool:
        return False


@admin.register(Purchase)
class PurchaseAdmin(ReadOnly, ObjectPermissions, ModelAdmin):
    list_display = ("external_id", "provider", "user", "product", "state", "paid_until", "renews", "is_sandbox")
    list_filter = ("provider", "state", "renews", "is_sandbox")
    list_select_related = ("user", "product")
    search_fields = ("external_id", "user__email", "uid")


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnly, ObjectPermissions, ModelAdmin):
    """`Waiting` finds what is not worked off yet."""

    list_display = ("received_at", "provider", "type", "subject", "processed_at", "attempts", "note")
    list_filter = ("provider", ("processed_at", admin.EmptyFieldListFilter), "type")
    search_fields = ("event_id", "subject")
    ordering = ("-received_at",)
    exclude = ("payload",)


@admin.register(Subscriber)
class SubscriberAdmin(ReadOnly, ObjectPermissions, ModelAdmin):
    """Why somebody is free or paid."""

    list_display = ("email", "display_name", "market")
    search_fields = ("email", "display_name", "uid")
    ordering = ("-pk",)
    fields = ("email", "display_name", "market", "uid")
    change_form_template = "billing/subscriber.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        known = {"why": why(user), "timeline": timeline_of(user)} if user is not None else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **known})
        return response
