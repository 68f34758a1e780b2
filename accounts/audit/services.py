"""Writing to the audit log."""

import hashlib
import hmac
import uuid
from enum import StrEnum
from typing import Any

from django.conf import settings

from accounts.audit.models import AuditEntry
from accounts.users.models import User
from streaming.api.request_id import current_request_id


class Event(StrEnum):
    """What the log knows of; `details` are named behind each."""

    SIGNED_UP = "signed_up"
    SIGNED_IN = "signed_in"  # method
    SIGN_IN_REFUSED = "sign_in_refused"  # reason
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    SESSION_ENDED = "session_ended"  # reason
    SESSIONS_ENDED = "sessions_ended"  # reason, count
    REFRESH_REUSED = "refresh_reused"  # presented, current
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  an event
    PASSWORD_RESET = "password_reset"  # noqa: S105  an event
    EMAIL_CHANGED = "email_changed"
    AUTHENTICATOR_ADDED = "authenticator_added"  # type
    AUTHENTICATOR_REMOVED = "authenticator_removed"  # type
    RECOVERY_CODES_MADE = "recovery_codes_made"
    PROVIDER_CONNECTED = "provider_connected"  # provider
    PROVIDER_DISCONNECTED = "provider_disconnected"  # provider
    MARKET_CHANGED = "market_changed"  # from, to, source
    EXPLICIT_LOCK_REFUSED = "explicit_lock_refused"
    ROLES_CHANGED = "roles_changed"  # added, removed
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    STAFF_ACTION = "staff_action"  # action, model, object
    SIGNING_KEY_ROTATED = "signing_key_rotated"  # kid
    EXPORT_ASKED = "export_asked"
    ERASED = "erased"


def address_hash(address: str) -> str:
    """128 bits of a keyed hash: the same address can be found again by us, and read by nobody."""
    if not address:
        return ""
    return hmac.digest(settings.AUDIT_KEY.encode(), address.encode(), hashlib.sha256).hex()[:32]


def record(
    event: Event,
    *,
    user: User | None = None,
    actor: User | None = None,
    session_uid: uuid.UUID | None = None,
    address: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Append one entry in the caller's transaction. `actor` is who did it where that is not the user."""
    AuditEntry.objects.create(
        event=event,
        user_uid=user.uid if user else None,
        actor_uid=actor.uid if actor else None,
        session_uid=session_uid,
        address_hash=address_hash(address),
        request_id=current_request_id(),
        details=details or {},
    )
