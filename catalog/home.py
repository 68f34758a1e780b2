"""What waits for people of the catalogue, for the first page of the admin: each sees what is theirs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from catalog.ingest.models import IngestJob, Master
from catalog.music.scope import scoped
from catalog.rights.models import Rule, Takedown
from streaming.lib import clock

SHOWN = 8
ENDING = timedelta(days=30)


@dataclass(frozen=True)
class Entry:
    text: str
    more: str
    address: str


@dataclass(frozen=True)
class Waiting:
    """`empty` is what is said when nothing waits; `is_cut` that there is more than is shown."""

    title: str
    entries: list[Entry]
    is_cut: bool
    address: str
    empty: str


def waiting(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Adds `waiting` to the context of the first page: four queries, whatever there is."""
    parts = (_failed(request), _unassigned(request), _ending(request), _taken_down(request))
    return {**context, "waiting": [part for part in parts if part is not None]}


def _part(
    request: HttpRequest, rows: QuerySet[Any], title: str, filters: str, empty: str, entry: Any
) -> Waiting | None:
    """None for whoever may not look at such rows. One more than is shown tells whether there are more."""
    meta = rows.model._meta  # noqa: SLF001  documented
    if not request.user.has_perm(f"catalog.view_{meta.model_name}"):
        return None
    found = list(scoped(request.user, rows)[: SHOWN + 1])
    address = reverse(f"admin:catalog_{meta.model_name}_changelist") + filters
    return Waiting(title, [entry(row) for row in found[:SHOWN]], len(found) > SHOWN, address, empty)


def _failed(request: HttpRequest) -> Waiting | None:
    """Those that nobody has answered: a newer file of the same thing is the answer."""
    newer = Master.objects.filter(
        Q(recording=OuterRef("master__recording")) | Q(release=OuterRef("master__release")),
        pk__gt=OuterRef("master_id"),
        uploaded_at__isnull=False,
    )
    rows = IngestJob.objects.filter(~Exists(newer), state=IngestJob.State.FAILED).order_by("-finished_at")
    rows = rows.select_related("master__recording", "master__release")

    def entry(job: IngestJob) -> Entry:
        thing: Any = job.master.recording or job.master.release
        return Entry(f"{thing}", job.error_message, _change(thing))

    return _part(request, rows, "Failed ingests", "?state__exact=failed", "Every file was taken.", entry)


def _unassigned(request: HttpRequest) -> Waiting | None:
    rows = Master.objects.unassigned().filter(uploaded_at__isnull=False).select_related("label").order_by("pk")

    def entry(master: Master) -> Entry:
        return Entry(master.filename, str(master.label), reverse("admin:catalog_master_changelist"))

    return _part(request, rows, "Files to make recordings of", "", "No file waits.", entry)


def _ending(request: HttpRequest) -> Waiting | None:
    at = clock.now()
    last = at + ENDING
    soon = Q(ends_at__gt=at, ends_at__lte=last) | Q(ends_on__gt=at.date(), ends_on__lte=last.date())
    rows = Rule.objects.filter(soon).select_related("label", "release", "track__recording", "track__release")

    def entry(rule: Rule) -> Entry:
        end = rule.ends_on or (rule.ends_at.date() if rule.ends_at else None)
        return Entry(f"{rule.holder}", f"{rule}, ends on {end:%d %b %Y}", _change(rule.holder))

    order = rows.order_by("ends_at", "ends_on", "pk")
    return _part(request, order, "Rights that end within 30 days", "", "No rights end soon.", entry)


def _taken_down(request: HttpRequest) -> Waiting | None:
    rows = Takedown.objects.filter(restored_at=None).select_related("recording", "release").order_by("-starts_at")

    def entry(case: Takedown) -> Entry:
        return Entry(f"{case.recording or case.release}", str(case), _change(case))

    return _part(request, rows, "Open takedowns", "?standing=open", "Nothing is taken down.", entry)


def _change(thing: Any) -> str:
    return reverse(f"admin:catalog_{thing._meta.model_name}_change", args=[thing.pk])  # noqa: SLF001  documented
