"""Making staff, and what follows from a change of somebody's standing."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.db import transaction

from accounts.audit.services import Event, record
from accounts.roles.groups import EDITORS, LABEL_STAFF, OPERATORS, SUPPORT
from accounts.roles.signals import label_staff_made
from accounts.sessions.models import Session
from accounts.sessions.services import end_sessions
from accounts.users.emails import normalise_email
from accounts.users.models import User

ROLES = {"editor": EDITORS, "label": LABEL_STAFF, "support": SUPPORT, "operator": OPERATORS}


def acting(user: Any) -> User:
    """The member of staff behind a request of the admin."""
    if not isinstance(user, User):
        raise TypeError("only staff get here")
    return user


def make_staff(
    *, email: str, password: str, role: str, display_name: str = "", totp_secret: str = "", label: str = ""
) -> str | None:
    """Create or update a staff account with a second factor, in the team of the label of that name where one is given.

    Returns the secret of its authenticator when one was made: it is shown this once. A secret that is given replaces
    the one there is. Raises DomainError for a label that is not there.
    """
    with transaction.atomic():
        email = normalise_email(email)
        user = User.objects.filter(email=email).first() or User(email=email)
        user.display_name = display_name or user.display_name
        user.is_staff, user.is_superuser = True, role == "operator"
        user.set_password(password)
        user.save()
        user.groups.set([Group.objects.get_or_create(name=ROLES[role])[0]])
        verify_address(user=user)
        record(Event.ROLES_CHANGED, user=user, details={"added": [ROLES[role]], "where": "command"})
        if label:
            label_staff_made.send(sender=User, user=user, label=label)
        return _ensure_authenticator(user, totp_secret)


def _ensure_authenticator(user: User, secret: str) -> str | None:
    there = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if there is not None and not secret:
        return None
    if there is not None:
        there.delete()
    made = secret or generate_totp_secret()
    TOTP.activate(user, made)
    return made


def verify_address(*, user: User) -> None:
    """An address that an operator entered counts as the person's own: there is no code to wait for."""
    EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def user_saved(*, instance: User, created: bool, update_fields: Any = None, **kwargs: object) -> None:
    """Receiver of post_save: whoever disables an account, its sessions end in the same transaction."""
    if created or instance.is_active or (update_fields is not None and "is_active" not in update_fields):
        return
    ended = end_sessions(user=instance, reason=Session.EndReason.DISABLED)
    if ended:
        record(Event.USER_DISABLED, user=instance, details={"sessions": ended})


def user_deleted(*, instance: User, **kwargs: object) -> None:
    """Receiver of pre_delete: the rows go with the user, and their sessions are denied before."""
    end_sessions(user=instance, reason=Session.EndReason.ERASED)
