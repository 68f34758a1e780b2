"""What roles may do in the catalogue, and the rules about single rows; brought up to date after each migration."""

from typing import Any

from rules.permissions import add_perm
from rules.predicates import predicate

from accounts.roles.groups import EDITORS, LABEL_STAFF, ensure
from accounts.roles.rules import is_catalogue_editor, is_label_staff, is_operator
from catalog.music import scope

VERBS = ("add", "change", "delete", "view")
# What label staff enter themselves.
MUSIC = (
    "artist",
    "artistalias",
    "lyrics",
    "recording",
    "recordingcredit",
    "release",
    "releasecredit",
    "rule",
    "track",
)
EDITABLE = (*MUSIC, "genre", "invitation", "label", "membership")
# Without an owner they are editorial; listeners' own are theirs.
EDITORIAL = ("playlist", "playlistentry")
READABLE = ("master", "ingestjob", "asset", "rendition", "rightschange", "takedown", "takedownevent")
EDITOR_PERMISSIONS = (
    *(f"{verb}_{model}" for verb in VERBS for model in (*EDITABLE, *EDITORIAL)),
    *(f"view_{model}" for model in READABLE),
    # Cases are opened and go on; none is deleted.
    "add_takedown",
    "change_takedown",
    "add_takedownevent",
)
# Their label is there already, its team grows by invitations, and takedowns are for editors.
LABEL_PERMISSIONS = (
    *(f"{verb}_{model}" for verb in VERBS for model in MUSIC),
    *(f"{verb}_invitation" for verb in VERBS),
    *(f"view_{model}" for model in READABLE),
    "view_genre",
    "view_label",
    "change_label",
    "view_membership",
    "change_membership",
    "delete_membership",
)


def ensure_staff(**kwargs: Any) -> None:
    """Receiver of post_migrate."""
    ensure("catalog", {EDITORS: EDITOR_PERMISSIONS, LABEL_STAFF: LABEL_PERMISSIONS})


@predicate  # type: ignore[untyped-decorator]
def may_see(user: Any, row: Any) -> bool:
    return row is not None and scope.may_see(user, row)


@predicate  # type: ignore[untyped-decorator]
def may_touch(user: Any, row: Any) -> bool:
    return row is not None and scope.may_touch(user, row)


@predicate  # type: ignore[untyped-decorator]
def is_editorial(user: Any, row: Any) -> bool:
    """A playlist without an owner, or an entry of one."""
    return row is not None and getattr(row, "playlist", row).owner_id is None


def rule_of(permission: str) -> Any:
    """Editors work on every row, label staff on those of their label."""
    allowed = is_catalogue_editor | is_operator
    if permission.partition("_")[2] in EDITORIAL:
        return allowed & is_editorial
    if permission not in LABEL_PERMISSIONS:
        return allowed
    return allowed | (is_label_staff & (may_see if permission.startswith("view_") else may_touch))


def register_rules() -> None:
    for permission in {*EDITOR_PERMISSIONS, *LABEL_PERMISSIONS}:
        add_perm(f"catalog.{permission}", rule_of(permission))
