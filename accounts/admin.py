"""The admin pages of all topics, where Django looks for them."""

from accounts.audit import admin as audit
from accounts.roles import admin as roles

__all__ = ["audit", "roles"]
