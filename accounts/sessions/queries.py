"""Reads of sessions."""

import uuid

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.http import Http404

from accounts.sessions.authentication import SessionEnded
from accounts.sessions.models import Session
from streaming.lib import clock

# As long as django-allauth's own steps take a proof.
PROOF_SECONDS = 300


def live_session(session_uid: str) -> Session:
    """The session with its user. Raises SessionEnded."""
    session = Session.objects.live().select_related("user").filter(uid=session_uid).first()
    if session is None:
        raise SessionEnded
    return session


def has_fresh_proof(session: Session) -> bool:
    """Whether this session's user proved again who they are within five minutes.

    Who has neither a password nor a second factor has signed in with Apple or Google: then that is the proof.
    """
    user = session.user
    can_prove = user.has_usable_password() or Authenticator.objects.filter(user=user).exists()
    since = clock.now().timestamp() - PROOF_SECONDS
    records = session.flow_state.get("account_authentication_methods", [])
    return any(entry["at"] > since and (entry.get("reauthenticated") or not can_prove) for entry in records)


def sessions_of(user_uid: str) -> QuerySet[Session]:
    return Session.objects.live().filter(user__uid=user_uid)


def session_of(user_uid: str, session_uid: uuid.UUID) -> Session:
    """One of this user's live sessions; somebody else's is not there."""
    session = sessions_of(user_uid).select_related("user").filter(uid=session_uid).first()
    if session is None:
        raise Http404
    return session
