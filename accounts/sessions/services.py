"""Starting, refreshing and ending sessions."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.audit.services import Event, record
from accounts.mail.services import send
from accounts.sessions.denials import deny
from accounts.sessions.models import ABSOLUTE_LIMIT, IDLE_LIMIT, Session
from accounts.sessions.rules import (
    MalformedToken,
    Presented,
    Verdict,
    derive_token,
    hash_attempt,
    is_genuine,
    judge,
    parse_token,
)
from accounts.sessions.tokens import AccessToken
from accounts.users.models import User
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError


@dataclass(frozen=True)
class Client:
    """What an app or browser says of itself: shown, never trusted. `country` is the proxy's, or empty."""

    platform: str = Session.Platform.OTHER
    name: str = ""
    country: str = ""


@dataclass(frozen=True)
class SignedIn:
    session: Session
    access_token: str
    expires_at: datetime
    refresh_token: str

    @property
    def user(self) -> User:
        return self.session.user


def start_session(*, user: User, client: Client | None = None, flow_state: dict[str, object] | None = None) -> SignedIn:
    """A new session of a user who has just proved who they are; `flow_state` is what the sign-in left behind.

    Raises SESSION_ENDED when the account was disabled, or its password changed, since `user` was read.
    """
    said = client or Client()
    with transaction.atomic():
        # A change of password holds this row and ends the sessions that it sees: one that is started by somebody who
        # proved the old password is either seen by it, or waits here and is refused.
        row = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        if row is None or not (row.is_active and user.is_active):
            raise DomainError(Code.SESSION_ENDED, "This account is disabled.", status=401)
        if row.password != user.password:
            raise DomainError(Code.SESSION_ENDED, "The password was changed meanwhile. Sign in again.", status=401)
        session = Session.objects.create(
            user=user, name=said.name, platform=said.platform, country=said.country, flow_state=flow_state or {}
        )
    return _signed_in(session)


def refresh_session(*, refresh_token: str, attempt_id: str = "", country: str = "") -> SignedIn:
    """Rotate a refresh token, or give the same successor again [invariant, design §7].

    Raises REFRESH_INVALID (not made by us; kills nothing), SESSION_ENDED, and REFRESH_REUSED after the session was
    ended because somebody else holds a token of it.
    """
    try:
        presented = parse_token(refresh_token)
    except MalformedToken as error:
        raise _invalid() from error
    attempt = hash_attempt(attempt_id)
    while True:
        session = Session.objects.select_related("user").filter(uid=presented.session_uid).first()
        if session is None or not is_genuine(presented, bytes(session.salt), keys=settings.REFRESH_TOKEN_KEYS):
            raise _invalid()
        now = clock.now()
        if not _may_go_on(session, now):
            raise DomainError(Code.SESSION_ENDED, "The session has ended. Sign in again.", status=401)
        verdict = judge(
            presented.generation,
            current=session.generation,
            rotated_at=session.rotated_at,
            attempt_hash=session.attempt_hash,
            attempt=attempt,
            at=now,
        )
        if verdict is Verdict.SAME_SUCCESSOR:
            return _signed_in(session)
        if verdict is Verdict.REUSED:
            _end_reused(session, presented)
            raise DomainError(
                Code.REFRESH_REUSED, "This session was ended: an old token of it was used. Sign in again.", status=401
            )
        # Lost to a parallel rotation or an end: judged anew against what is there now.
        if _rotate(session, presented.generation + 1, attempt, country or session.country, now):
            return _signed_in(session)


def _invalid() -> DomainError:
    return DomainError(Code.REFRESH_INVALID, "The refresh token is not valid. Sign in again.", status=401)


def _may_go_on(session: Session, now: datetime) -> bool:
    return (
        session.ended_at is None
        and session.user.is_active
        and session.last_used_at > now - IDLE_LIMIT
        and session.created_at > now - ABSOLUTE_LIMIT
    )


def _rotate(session: Session, generation: int, attempt: str, country: str, now: datetime) -> bool:
    """The compare-and-swap: of any number of callers with one generation, exactly one gets a row."""
    changed = (
        Session.objects.live()
        .filter(pk=session.pk, generation=session.generation)
        .update(generation=generation, rotated_at=now, attempt_hash=attempt, last_used_at=now, country=country)
    )
    session.generation = generation
    return bool(changed)


def _signed_in(session: Session) -> SignedIn:
    token = AccessToken.issue(user_uid=str(session.user.uid), session_uid=str(session.uid))
    return SignedIn(
        session=session,
        access_token=str(token),
        expires_at=datetime.fromtimestamp(token["exp"], UTC),
        refresh_token=derive_token(
            session.uid, bytes(session.salt), session.generation, key=settings.REFRESH_TOKEN_KEYS[0]
        ),
    )


def _end_reused(session: Session, presented: Presented) -> None:
    """The server can't tell the thief from the owner: the session ends for both, and the owner is told."""
    with transaction.atomic():
        if not _end(Q(pk=session.pk), Session.EndReason.REUSED):
            return
        details = {"presented": presented.generation, "current": session.generation}
        record(Event.REFRESH_REUSED, user=session.user, session_uid=session.uid, details=details)
        send(to=session.user.email, template="session_reused", context={"session": session.name})


def end_session(*, session_uid: uuid.UUID | str, reason: str) -> bool:
    """End one session; its access tokens are refused at once, and at the latest when they expire."""
    with transaction.atomic():
        session = Session.objects.select_related("user").filter(uid=session_uid, ended_at=None).first()
        if session is None or not _end(Q(pk=session.pk), reason):
            return False
        record(Event.SESSION_ENDED, user=session.user, session_uid=session.uid, details={"reason": reason})
    return True


def end_sessions(*, user: User, reason: str, keep: uuid.UUID | str | None = None, actor: User | None = None) -> int:
    """End all sessions of a user, maybe without one; returns how many ended."""
    with transaction.atomic():
        others = Q(user=user) if keep is None else Q(user=user) & ~Q(uid=keep)
        ended = _end(others, reason)
        if ended:
            details = {"reason": reason, "count": len(ended)}
            record(Event.SESSIONS_ENDED, user=user, actor=actor, details=details)
    return len(ended)


def _end(which: Q, reason: str) -> Collection[uuid.UUID]:
    """Belongs into a transaction. The deny keys are written before the commit: a crash in between leaves sessions that
    are refused for some minutes, never one that ended and is still let in."""
    rows = Session.objects.select_for_update(of=("self",)).filter(which, ended_at=None).order_by("pk")
    uids = list(rows.values_list("uid", flat=True))
    if uids:
        Session.objects.filter(uid__in=uids).update(ended_at=clock.now(), end_reason=reason, flow_state={})
        deny(uids)
    return uids


def rename_session(*, session: Session, name: str) -> Session:
    session.name = name
    session.save(update_fields=["name"])
    return session
