"""What roles may do with charts; brought up to date after each migration. Editors hide, and nobody edits a rank."""

from typing import Any

from rules.permissions import add_perm

from accounts.roles.groups import EDITORS, ensure
from accounts.roles.rules import is_catalogue_editor, is_operator

EDITOR_PERMISSIONS = ("view_chartrow", "view_chartdecision", "add_chartdecision")


def ensure_roles(**kwargs: Any) -> None:
    """Receiver of post_migrate."""
    ensure("analytics", {EDITORS: EDITOR_PERMISSIONS})


def register_rules() -> None:
    for permission in EDITOR_PERMISSIONS:
        add_perm(f"analytics.{permission}", is_catalogue_editor | is_operator)
