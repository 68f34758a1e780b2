"""The models of all topics, where Django looks for them."""

from accounts.audit.models import AuditEntry
from accounts.flows.models import AppleToken
from accounts.mail.models import Mail
from accounts.privacy.models import Export
from accounts.sessions.models import Session, SigningKey
from accounts.users.models import User

__all__ = ["AppleToken", "AuditEntry", "Export", "Mail", "Session", "SigningKey", "User"]
