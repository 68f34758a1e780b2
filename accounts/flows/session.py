"""The session that django-allauth sees of somebody who is signed in: our Session row."""

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase

from accounts.sessions.models import Session
from accounts.sessions.services import end_session

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_AUTH_KEYS = frozenset({SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY})


class FlowSession(SessionBase):
    """`flow_state` of the row, and who it is of. Nothing here signs anyone in: its maker has checked a token."""

    def __init__(self, row: Session) -> None:
        super().__init__(session_key=row.uid.hex)
        self.row = row

    def load(self) -> dict[str, Any]:
        return {
            **self.row.flow_state,
            SESSION_KEY: str(self.row.user_id),
            BACKEND_SESSION_KEY: BACKEND,
            HASH_SESSION_KEY: self.row.user.get_session_auth_hash(),
        }

    def save(self, must_create: bool = False) -> None:
        state = {name: value for name, value in self.items() if name not in _AUTH_KEYS}
        Session.objects.filter(pk=self.row.pk, ended_at=None).update(flow_state=state)

    def cycle_key(self) -> None:
        """The session keeps its uid: what is rotated is its refresh token."""
        self.modified = True

    def exists(self, session_key: str) -> bool:
        return session_key == self.row.uid.hex

    def create(self) -> None:
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        """Signing out, in Django's words."""
        end_session(session_uid=self.row.uid, reason=Session.EndReason.SIGNED_OUT)

    @classmethod
    def clear_expired(cls) -> None:
        """Rows end by their own limits."""
