"""The group of catalogue editors and what it may do; brought up to date after each migration."""

from typing import Any

from django.contrib.auth.models import Group, Permission

EDITABLE = (
    "artist",
    "genre",
    "label",
    "membership",
    "recording",
    "recordingcredit",
    "release",
    "releasecredit",
    "track",
)
READABLE = ("master", "ingestjob", "asset", "rendition")
EDITORS = "catalogue editors"


def ensure_editor_group(**kwargs: Any) -> None:
    group, _ = Group.objects.get_or_create(name=EDITORS)
    codenames = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in EDITABLE]
    codenames += [f"view_{model}" for model in READABLE]
    catalog = Permission.objects.filter(content_type__app_label="catalog", codename__in=codenames)
    # Choosing whom to put into a team needs to find people by address, and no more.
    people = Permission.objects.filter(content_type__app_label="accounts", codename="view_user")
    group.permissions.set([*catalog, *people])
