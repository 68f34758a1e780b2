"""Whose uploads a member of staff may start, see and assign. What is not theirs looks as if it were not there."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from catalog.ingest.models import Master
from catalog.music.models import Label
from catalog.music.scope import ANYBODY, EDITING, owned, scoped
from streaming.api.params import parse_uid
from streaming.lib.errors import Code, DomainError

MAX_LABELS = 1_000

Row = TypeVar("Row", bound=Model)


def rows_of(request: HttpRequest, model: type[Row]) -> QuerySet[Row]:
    """The rows that the person may look at."""
    return scoped(request.user, model._default_manager.all())


def editable(request: HttpRequest, model: type[Row]) -> QuerySet[Row]:
    """The rows that the person may change."""
    return model._default_manager.filter(owned(request.user, model, EDITING))


def labels_of(request: HttpRequest) -> list[Label]:
    """The labels for which the person may add recordings, by name."""
    return list(editable(request, Label).order_by("name")[:MAX_LABELS])


def label_of(request: HttpRequest, pk: int) -> Label:
    """Raises NOT_FOUND."""
    label = editable(request, Label).filter(pk=pk).first()
    if label is None:
        raise DomainError(Code.NOT_FOUND, "There is no such label.", status=404)
    return label


def master_of(request: HttpRequest, uid: str, *, editing: bool = True) -> Master:
    """The upload of that uid. Raises NOT_FOUND when what it is for is not the person's to change (to see)."""
    mine: Any = owned(request.user, Master, EDITING if editing else ANYBODY)
    master = Master.objects.select_related("job").filter(mine, uid=parse_uid(uid, pointer="uid")).first()
    if master is None:
        raise DomainError(Code.NOT_FOUND, "There is no such upload.", status=404)
    return master
