"""What the catalogue holds of a person: the teams they are in, and the ones they are invited to."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from catalog.music import teams
from catalog.music.models import Membership


def memberships(user: User) -> Rows:
    for membership in Membership.objects.filter(user=user).select_related("artist", "label").order_by("pk"):
        yield {
            "team": teams.name_of(membership),
            "role": membership.role,
            "joined_at": membership.created_at,
        }


def invitations(user: User) -> Rows:
    for invitation in teams.waiting_for(user=user):
        yield {
            "team": teams.name_of(invitation),
            "role": invitation.role,
            "email": invitation.email,
            "invited_at": invitation.created_at,
            "expires_at": invitation.expires_at,
        }


def erase(*, user: User, **kwargs: Any) -> None:
    teams.forget_person(user=user)


def connect() -> None:
    register("teams", memberships)
    register("invitations", invitations)
    erasure_requested.connect(erase)
