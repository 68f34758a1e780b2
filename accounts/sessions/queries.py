"""Reads of sessions."""

import uuid

from django.db.models import QuerySet
from django.http import Http404

from accounts.sessions.authentication import SessionEnded
from accounts.sessions.models import Session


def live_session(session_uid: str) -> Session:
    """The session with its user. Raises SessionEnded."""
    session = Session.objects.live().select_related("user").filter(uid=session_uid).first()
    if session is None:
        raise SessionEnded
    return session


def sessions_of(user_uid: str) -> QuerySet[Session]:
    return Session.objects.live().filter(user__uid=user_uid)


def session_of(user_uid: str, session_uid: uuid.UUID) -> Session:
    """One of this user's live sessions; somebody else's is not there."""
    session = sessions_of(user_uid).select_related("user").filter(uid=session_uid).first()
    if session is None:
        raise Http404
    return session
