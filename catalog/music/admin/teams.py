from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import TabularInline

from accounts.models import User
from accounts.roles.services import acting
from catalog.music import teams
from catalog.music.models import Invitation, Membership
from catalog.music.scope import OWNING, is_owned, owned, sees_all
from catalog.music.scoped_admin import ScopedInline


class TeamInline(ScopedInline):
    """Of a team its owners decide, and editors."""

    def may_touch_parent(self, request: HttpRequest, obj: Any) -> bool:
        return sees_all(request.user) or (obj is not None and is_owned(request.user, obj, OWNING))


class MembershipInline(TeamInline, TabularInline):
    """Only editors look people up; owners of a team invite them."""

    model = Membership
    extra = 0

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return ("user",) if sees_all(request.user) else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "role") if sees_all(request.user) else ("person", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if sees_all(request.user) else ("person",)

    @admin.display(description="User")
    def person(self, membership: Membership) -> str:
        """Without a link: the pages of people are not for owners of a team."""
        return str(membership.user)


class InvitationForm(ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    class Meta:
        model = Invitation
        fields = ("email", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "email" in self.fields:
            self.fields["email"].required = True

    def validate_constraints(self) -> None:
        """Whoever is invited again gets another mail, and the first link is over: see the service."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            return teams.address_of(email)
        except ValueError as error:
            raise ValidationError(str(error)) from None


class InvitationInline(TeamInline, TabularInline):
    """A new row is a mail; one that is deleted is withdrawn."""

    model = Invitation
    form = InvitationForm
    extra = 0
    verbose_name_plural = "open invitations"
    fields = ("email", "role", "expires_at")
    readonly_fields = ("expires_at",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Of the teams that one owns. Django's own would ask for the permission with no page at hand: see below."""
        return Invitation.objects.filter(owned(request.user, Invitation, OWNING), state=Invitation.State.WAITING)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Addresses of people who are not here yet are for those who invite."""
        return super().has_view_permission(request, obj) and self.may_touch_parent(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class WithTeam:
    """Pages of labels and artists: saving the team's rows goes through its services."""

    inlines: tuple[type[Any], ...] = (MembershipInline, InvitationInline)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Invitation:
            super().save_formset(request, form, formset, change)  # type: ignore[misc]  # ModelAdmin's
            return
        actor: User = acting(request.user)
        fresh = formset.save(commit=False)
        for gone in formset.deleted_objects:
            teams.withdraw_invitation(invitation=gone)
        for invitation in fresh:
            teams.invite_member(
                team=form.instance,
                email=invitation.email,
                role=invitation.role,
                invited_by=actor,
                page=request.build_absolute_uri("/invitations#"),
            )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        before = teams.people_of(form.instance)
        super().save_related(request, form, formsets, change)  # type: ignore[misc]  # ModelAdmin's
        teams.settle_standing(user_ids=before | teams.people_of(form.instance), actor=acting(request.user))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        people = teams.people_of(obj)
        super().delete_model(request, obj)  # type: ignore[misc]  # ModelAdmin's
        teams.settle_standing(user_ids=people, actor=acting(request.user))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        people = {person for row in queryset for person in teams.people_of(row)}
        super().delete_queryset(request, queryset)  # type: ignore[misc]  # ModelAdmin's
        teams.settle_standing(user_ids=people, actor=acting(request.user))
