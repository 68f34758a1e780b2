"""Erasing a person: everything personal goes, totals stay."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import transaction
from django.db.models import Q

from accounts.audit.services import Event, record
from accounts.mail.models import Mail
from accounts.privacy.models import Export
from accounts.privacy.signals import erasure_requested
from accounts.sessions.models import Session
from accounts.sessions.services import end_sessions
from accounts.users.models import User
from streaming.lib import clock

ERASED = "an erased user"


def erase_user(*, user: User, actor: User | None = None) -> None:
    """Pseudonymise a user in one transaction. Repeating it changes nothing.

    The row stays, so that purchases and audit entries keep their uid; nothing in it tells who it was. Files of exports
    are removed by a task.
    """
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=user.pk)
        if row.erased_at is not None:
            return
        pk, email = row.pk, row.email
        end_sessions(user=row, reason=Session.EndReason.ERASED, actor=actor)
        erasure_requested.send(sender=User, user=row)
        _forget_ways_in(row)
        _forget_traces(row)
        _pseudonymise(row)
        record(Event.ERASED, user=row, actor=actor)
        transaction.on_commit(lambda: _drop_pending_flows(pk, email), robust=True)


def _forget_ways_in(user: User) -> None:
    for model in (EmailAddress, Authenticator, SocialAccount):
        model.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()


def _forget_traces(user: User) -> None:
    Session.objects.filter(user=user).update(name="", country="", platform=Session.Platform.OTHER, flow_state={})
    Export.objects.filter(user=user).update(state=Export.State.EXPIRED)
    Mail.objects.filter(to__iexact=user.email).delete()
    # The admin's own log quotes rows by their names, and a user's is the address; so do rows about the user.
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    quoting = Q(object_repr__icontains=user.email) | Q(change_message__icontains=user.email)
    LogEntry.objects.filter(about | quoting).update(object_repr=ERASED, change_message="")


def _pseudonymise(user: User) -> None:
    user.email = f"{user.uid}@erased.invalid"
    user.display_name, user.language, user.market = "", "en", settings.DEFAULT_MARKET
    user.hide_explicit, user.explicit_lock = False, ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.last_login, user.market_changed_at, user.erased_at = None, None, clock.now()
    user.save()


def _drop_pending_flows(user_id: int, email: str) -> None:
    """Sign-in flows that are under way hold the address, inside what Django signs. They live an hour: there are few."""
    model = SessionStore.get_model_class()
    for stored in model.objects.filter(expire_date__gt=clock.now()).iterator(chunk_size=500):
        state = stored.get_decoded()
        if email in str(state) or state.get("_auth_user_id") == str(user_id):
            SessionStore(stored.session_key).delete()
