"""What follows from a step of a sign-in flow: audit entries, and sessions that end."""

import json
from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from allauth.socialaccount import signals as social
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_save
from django.http import HttpRequest

from accounts.audit.services import Event, address_hash, record
from accounts.flows import apple
from accounts.flows.session import FlowSession
from accounts.privacy.signals import erasure_requested
from accounts.sessions.models import Session
from accounts.sessions.services import end_sessions
from accounts.users.emails import normalise_email
from accounts.users.models import User
from streaming.api.address import client_address


def _session_uid(request: HttpRequest | None) -> Any:
    session = getattr(request, "session", None)
    return session.row.uid if isinstance(session, FlowSession) else None


def _note(event: Event, request: HttpRequest | None, user: User | None, **details: Any) -> None:
    address = client_address(request) if request is not None else ""
    record(event, user=user, session_uid=_session_uid(request), address=address, details=details)


def signed_up(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    _note(Event.SIGNED_UP, request, user)


def sign_in_refused(*, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """The name that was tried may be nobody's: only its keyed hash is kept."""
    email = normalise_email(str(credentials.get("email") or ""))
    user = User.objects.filter(email=email).first()
    _note(Event.SIGN_IN_REFUSED, request, user, name_hash=address_hash(email))


def second_factor_refused(*, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    _note(Event.SECOND_FACTOR_REFUSED, request, user, type=authenticator.type)


def password_changed(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """All sessions end; {"keep_session": true} beside the passwords keeps the one that asks."""
    keep = _session_uid(request) if _asks_to_stay(request) else None
    end_sessions(user=user, reason=Session.EndReason.PASSWORD_CHANGED, keep=keep)
    _note(Event.PASSWORD_CHANGED, request, user)


def _asks_to_stay(request: HttpRequest) -> bool:
    # django-allauth has parsed the body before, and found an object.
    return json.loads(request.body).get("keep_session") is True


def password_reset(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    end_sessions(user=user, reason=Session.EndReason.PASSWORD_CHANGED)
    _note(Event.PASSWORD_RESET, request, user)


def email_changed(*, request: HttpRequest, user: User, from_email_address: Any, **kwargs: Any) -> None:
    if from_email_address is not None:
        # Else it is the first one, at sign-up.
        _note(Event.EMAIL_CHANGED, request, user)


def user_saved(*, instance: User, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    """An address that staff correct is the one that the flows know, too."""
    if created or (update_fields is not None and "email" not in update_fields):
        return
    EmailAddress.objects.filter(user=instance, primary=True).exclude(email=instance.email).update(email=instance.email)


def authenticator_added(*, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    _note(Event.AUTHENTICATOR_ADDED, request, user, type=authenticator.type)


def authenticator_removed(*, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    _note(Event.AUTHENTICATOR_REMOVED, request, user, type=authenticator.type)


def recovery_codes_made(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    _note(Event.RECOVERY_CODES_MADE, request, user)


def provider_connected(*, request: HttpRequest, sociallogin: Any, **kwargs: Any) -> None:
    _note(Event.PROVIDER_CONNECTED, request, sociallogin.user, provider=sociallogin.account.provider)


def provider_disconnected(*, request: HttpRequest, socialaccount: Any, **kwargs: Any) -> None:
    _note(Event.PROVIDER_DISCONNECTED, request, socialaccount.user, provider=socialaccount.provider)


def connect() -> None:
    post_save.connect(user_saved, sender=User)
    user_login_failed.connect(sign_in_refused)
    account.user_logged_in.connect(apple.keep_token)
    erasure_requested.connect(apple.let_go)
    account.user_signed_up.connect(signed_up)
    account.password_changed.connect(password_changed)
    account.password_set.connect(password_changed)
    account.password_reset.connect(password_reset)
    account.email_changed.connect(email_changed)
    mfa.authentication_failed.connect(second_factor_refused)
    mfa.authenticator_added.connect(authenticator_added)
    mfa.authenticator_removed.connect(authenticator_removed)
    mfa.authenticator_reset.connect(recovery_codes_made)
    social.social_account_added.connect(provider_connected)
    social.social_account_removed.connect(provider_disconnected)
