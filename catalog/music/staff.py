"""What roles may do in the catalogue, and the rules about single rows; brought up to date after each migration."""

from typing import Any

from rules.permissions import add_perm

from accounts.roles.groups import EDITORS, ensure
from accounts.roles.rules import is_catalogue_editor, is_operator

EDITABLE = (
    "artist",
    "artistalias",
    "genre",
    "label",
    "lyrics",
    "membership",
    "recording",
    "recordingcredit",
    "release",
    "releasecredit",
    "rule",
    "takedown",
    "takedownevent",
    "track",
)
READABLE = ("master", "ingestjob", "asset", "rendition", "rightschange")
VERBS = ("add", "change", "delete", "view")
EDITOR_PERMISSIONS = (
    *(f"{verb}_{model}" for verb in VERBS for model in EDITABLE),
    *(f"view_{model}" for model in READABLE),
)


def ensure_editors(**kwargs: Any) -> None:
    """Receiver of post_migrate."""
    ensure("catalog", {EDITORS: EDITOR_PERMISSIONS})


def register_rules() -> None:
    """Editors work on every row; nobody else has a rule yet, so nobody else gets at one."""
    for permission in EDITOR_PERMISSIONS:
        add_perm(f"catalog.{permission}", is_catalogue_editor | is_operator)
