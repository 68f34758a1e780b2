"""What accounts holds of a person, without secrets."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount

from accounts.audit.models import AuditEntry
from accounts.privacy.registry import Rows, register
from accounts.sessions.models import Session
from accounts.users.models import User


def profile(user: User) -> Rows:
    names = ("uid", "email", "display_name", "market", "language", "hide_explicit", "created_at", "last_login")
    yield {name: getattr(user, name) for name in names}


def addresses(user: User) -> Rows:
    yield from EmailAddress.objects.filter(user=user).values("email", "verified", "primary")


def sessions(user: User) -> Rows:
    fields = ("uid", "name", "platform", "country", "created_at", "last_used_at", "ended_at", "end_reason")
    yield from Session.objects.filter(user=user).order_by("pk").values(*fields)


def sign_in_methods(user: User) -> Rows:
    for authenticator in Authenticator.objects.filter(user=user).order_by("pk"):
        yield {"kind": authenticator.type, "added_at": authenticator.created_at}
    for account in SocialAccount.objects.filter(user=user).order_by("pk"):
        yield {"kind": account.provider, "uid": account.uid, "added_at": account.date_joined}


def audit(user: User) -> Rows:
    entries = AuditEntry.objects.filter(user_uid=user.uid).order_by("pk")
    return entries.values("at", "event", "session_uid", "details").iterator(chunk_size=1000)


def register_all() -> None:
    for section in (profile, addresses, sessions, sign_in_methods, audit):
        register(section.__name__, section)
