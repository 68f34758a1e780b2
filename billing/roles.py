"""What roles may do in billing; brought up to date after each migration. Operators are superusers besides."""

from typing import Any

from rules.permissions import add_perm

from accounts.roles.groups import SUPPORT, ensure
from accounts.roles.rules import is_operator, is_support

SUPPORT_PERMISSIONS = (
    "view_product",
    "view_purchase",
    "view_providerevent",
    "view_grant",
    "add_grant",
    "change_grant",
    "view_subscriber",
)
OPERATOR_PERMISSIONS = ("add_product", "change_product")


def ensure_roles(**kwargs: Any) -> None:
    """Receiver of post_migrate."""
    ensure("billing", {SUPPORT: SUPPORT_PERMISSIONS})


def register_rules() -> None:
    """Support looks at every row and gives grants; operators also say what is for sale. Nobody else gets at a row."""
    for permission in SUPPORT_PERMISSIONS:
        add_perm(f"billing.{permission}", is_support | is_operator)
    for permission in OPERATOR_PERMISSIONS:
        add_perm(f"billing.{permission}", is_operator)
