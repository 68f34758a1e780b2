"""Whose uploads a member of staff may start, see and assign. What is not theirs looks as if it were not there."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.roles.permissions import may
from catalog.ingest.models import Master
from catalog.music.models import Label, Recording, Release
from streaming.lib.errors import Code, DomainError

MAX_LABELS = 1_000


def rows_of(request: HttpRequest, model: type[Model]) -> QuerySet[Any]:
    """The rows that the person's lists in the admin hold: one place decides what is whose."""
    return admin.site.get_model_admin(model).get_queryset(request)


def labels_of(request: HttpRequest) -> list[Label]:
    """The labels for which the person may add recordings, by name."""
    labels = rows_of(request, Label).order_by("name")[:MAX_LABELS]
    return [label for label in labels if may_add(request, label)]


def may_add(request: HttpRequest, label: Label) -> bool:
    return may(request.user, "catalog.add_recording", Recording(label=label))


def label_of(request: HttpRequest, pk: int) -> Label:
    """Raises NOT_FOUND."""
    label = rows_of(request, Label).filter(pk=pk).first()
    if label is None or not may_add(request, label):
        raise DomainError(Code.NOT_FOUND, "There is no such label.", status=404)
    found: Label = label
    return found


def check_thing(request: HttpRequest, thing: Recording | Release | None) -> None:
    """Raises FORBIDDEN when the recording or release is not the person's to change."""
    permission = f"catalog.change_{'recording' if isinstance(thing, Recording) else 'release'}"
    if thing is None or not may(request.user, permission, thing):
        raise DomainError(Code.FORBIDDEN, "This one is not yours to change.", status=403)


def check_master(request: HttpRequest, master: Master) -> None:
    """Raises NOT_FOUND when what the upload is for is not the person's to change."""
    if master.label is not None and not master.recording_id and not master.release_id:
        allowed = may_add(request, master.label)
    elif master.recording is not None:
        allowed = may(request.user, "catalog.change_recording", master.recording)
    else:
        allowed = may(request.user, "catalog.change_release", master.release)
    if not allowed:
        raise DomainError(Code.NOT_FOUND, "There is no such upload.", status=404)
