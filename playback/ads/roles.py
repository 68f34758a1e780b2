"""What roles may do with ads; brought up to date after each migration. Selling them is the operators' business."""

from typing import Any

from rules.permissions import add_perm

from accounts.roles.groups import OPERATORS, ensure
from accounts.roles.rules import is_operator

EDITABLE = ("advertiser", "campaign", "creative")
VERBS = ("add", "change", "delete", "view")
OPERATOR_PERMISSIONS = (*(f"{verb}_{model}" for verb in VERBS for model in EDITABLE), "view_impression")


def ensure_roles(**kwargs: Any) -> None:
    """Receiver of post_migrate."""
    ensure("playback", {OPERATORS: OPERATOR_PERMISSIONS})


def register_rules() -> None:
    """Operators work on every row; nobody else has a rule, so nobody else gets at one."""
    for permission in OPERATOR_PERMISSIONS:
        add_perm(f"playback.{permission}", is_operator)
