"""Roles as groups, and what each may do with accounts. Other apps say what their roles may do in the same way.

A listener has no group. `ensure` is run by a migration, and after every later one: permissions come with their models.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import Group, Permission

EDITORS = "catalogue editors"
LABEL_STAFF = "label staff"
ARTIST_TEAMS = "artist teams"
SUPPORT = "support"
OPERATORS = "operators"
ALL = (EDITORS, LABEL_STAFF, ARTIST_TEAMS, SUPPORT, OPERATORS)

# Operators are superusers besides. Support sees people and ends their sessions; it changes no account and no role.
ACCOUNTS: Mapping[str, tuple[str, ...]] = {
    # Choosing whom to put into a team needs to find people by address, and no more.
    EDITORS: ("view_user",),
    SUPPORT: ("view_user", "view_session", "view_auditentry", "view_export", "end_sessions"),
}


def ensure(app_label: str, table: Mapping[str, Iterable[str]]) -> None:
    """Give the groups exactly these permissions of the app's models; those of other apps stay."""
    for name in ALL:
        group, _ = Group.objects.get_or_create(name=name)
        wanted = Permission.objects.filter(content_type__app_label=app_label, codename__in=tuple(table.get(name, ())))
        held = group.permissions.filter(content_type__app_label=app_label)
        group.permissions.remove(*held.exclude(pk__in=wanted))
        group.permissions.add(*wanted)


def ensure_accounts(**kwargs: Any) -> None:
    """Receiver of post_migrate."""
    ensure("accounts", ACCOUNTS)
