from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.audit.services import Event, record
from accounts.privacy.services import erase_user
from accounts.roles import services
from accounts.sessions.models import Session
from accounts.sessions.services import end_sessions
from accounts.users.models import User

admin.site.unregister(Group)


class SessionInline(TabularInline):
    model = Session
    fields = ("uid", "name", "platform", "country", "created_at", "last_used_at", "ended_at", "end_reason")
    readonly_fields = fields
    ordering = ("-last_used_at",)
    extra = 0
    max_num = 0
    can_delete = False
    verbose_name_plural = "live sessions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        sessions: QuerySet[Session] = super().get_queryset(request)
        return sessions.filter(ended_at=None)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Support looks and ends sessions; only operators change somebody. Accounts are erased, never deleted."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    ordering = ("-id",)
    list_display = ("email", "display_name", "market", "is_active", "is_staff", "created_at")
    list_filter = ("is_active", "is_staff", "market")
    search_fields = ("email", "display_name", "uid")
    readonly_fields = ("uid", "created_at", "last_login", "market_changed_at", "erased_at")
    filter_horizontal = ("groups",)
    inlines = (SessionInline,)
    actions = ("end_all_sessions", "erase")
    fieldsets = (
        (None, {"fields": ("email", "display_name", "market", "language", "hide_explicit", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        ("Record", {"fields": ("uid", "created_at", "last_login", "market_changed_at", "erased_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "display_name", "market", "password1", "password2")}),)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_end_sessions_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.end_sessions"))

    @admin.action(description="End all sessions", permissions=["end_sessions"])
    def end_all_sessions(self, request: HttpRequest, users: QuerySet[User]) -> None:
        ended = sum(
            end_sessions(user=user, reason=Session.EndReason.STAFF, actor=services.acting(request.user))
            for user in users
        )
        self.message_user(request, f"{ended} sessions were ended.", messages.SUCCESS)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    @admin.action(description="Erase for good", permissions=["erase"])
    def erase(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        """Shows whom, and erases them when that page is confirmed."""
        if request.POST.get("confirmed") != "yes":
            context = {**self.admin_site.each_context(request), "users": users, "title": "Erase for good"}
            return TemplateResponse(request, "roles/erase.html", context)
        for user in users:
            erase_user(user=user, actor=services.acting(request.user))
        self.message_user(request, "They were erased.", messages.SUCCESS)
        return None

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            services.verify_address(user=obj)
        flags = sorted(set(form.changed_data) & {"is_staff", "is_superuser", "password", "email", "market"})
        if flags:
            record(
                Event.STAFF_ACTION,
                user=obj,
                actor=services.acting(request.user),
                details={"action": "change" if change else "add", "fields": flags},
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = set(form.instance.groups.values_list("name", flat=True))
        super().save_related(request, form, formsets, change)
        after = set(form.instance.groups.values_list("name", flat=True))
        if before != after:
            details = {"added": sorted(after - before), "removed": sorted(before - after)}
            record(Event.ROLES_CHANGED, user=form.instance, actor=services.acting(request.user), details=details)


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    """Roles are made by migrations: what each may do is shown, and changed in code."""

    search_fields = ("name",)
    filter_horizontal = ("permissions",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return False
