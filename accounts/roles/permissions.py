"""Permissions of one object: the role's permission for its model, and a rule that allows this one. Default deny."""

from typing import Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest
from rules.permissions import has_perm


def may(user: Any, permission: str, obj: Any) -> bool:
    """`permission` is app_label.codename. Without a rule for it nobody may, whatever the group says."""
    if not user.is_active:
        return False
    return bool(user.has_perm(permission) and has_perm(permission, user, obj))


class ObjectPermissions:
    """For admin classes: a row may be seen, changed or deleted only when a rule allows it for this row, too."""

    opts: Any

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def _may(self, request: HttpRequest, verb: str, obj: Any) -> bool:
        permission = f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}"
        if obj is None:
            return bool(request.user.has_perm(permission))
        return may(request.user, permission, obj)
