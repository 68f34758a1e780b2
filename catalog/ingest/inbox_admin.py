"""The upload page: files go straight to storage, and what their tags propose is corrected and made into recordings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts.models import User
from accounts.roles.permissions import may
from catalog.ingest.access import labels_of
from catalog.ingest.assignment import Assigned, assign_files
from catalog.ingest.forms import NAMES_APART, FileForm, ReleaseForm, check_together
from catalog.ingest.models import Master
from catalog.ingest.queries import duplicates_of
from catalog.ingest.uploads import MAX_MASTER_BYTES, PART_BYTES
from catalog.music.models import Label, Release
from catalog.music.scoped_admin import Scoped
from streaming.lib import storage
from streaming.lib.errors import DomainError

MAX_FILES = 200
MAX_DRAFTS = 100
GONE = "Files of this form are no longer here: somebody has used or removed them."


@dataclass
class Group:
    """Files of one label and album, with their forms; they are made into recordings together."""

    label: Label
    album: str
    files: list[FileForm]
    release: ReleaseForm
    problem: str = ""
    artwork: str = ""

    @property
    def errors(self) -> bool:
        return bool(self.problem or self.release.errors or any(form.errors for form in self.files))


@admin.register(Master)
class MasterAdmin(Scoped, ModelAdmin):
    """Masters come by uploads and are never changed; the list is the page where they begin."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        labels = labels_of(request)
        sent = self._sent(request, labels) if request.method == "POST" else None
        if request.method == "POST" and (sent is None or (_is_valid(sent) and self._assign(request, sent))):
            return redirect("admin:catalog_master_changelist")
        shown = {form.master.pk for form in sent.files} if sent else set()
        rest = [master for master in self._waiting(labels) if master.pk not in shown]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Upload",
            "labels": labels,
            "groups": [*([sent] if sent else []), *_groups(request, rest)],
            "max_bytes": MAX_MASTER_BYTES,
            "part_bytes": PART_BYTES,
        }
        return TemplateResponse(request, "catalog/upload_page.html", context)

    def _waiting(self, labels: Sequence[Label]) -> list[Master]:
        """Files that were looked into, oldest first."""
        rows = Master.objects.unassigned().filter(label__in=labels, inspected_at__isnull=False)
        return list(rows.select_related("label").order_by("pk")[:MAX_FILES])

    def _sent(self, request: HttpRequest, labels: Sequence[Label]) -> Group | None:
        """The form that was sent, with those of its files that are still there; None when none is."""
        uids = set(request.POST.getlist("master")[:MAX_FILES])
        there = [master for master in self._waiting(labels) if str(master.uid) in uids]
        if not there:
            messages.warning(request, GONE)
            return None
        drafts = _drafts({master.label_id for master in there})
        group = _group(_file_forms(request, there, request.POST), request.POST, drafts)
        if len(there) < len(uids):
            group.problem = GONE
        return group

    def _assign(self, request: HttpRequest, group: Group) -> bool:
        taken = [form.decision() for form in group.files if form.cleaned_data["take"]]
        assert isinstance(request.user, User)  # noqa: S101  the admin lets only users in
        try:
            done = assign_files(
                label=group.label, decisions=taken, release=group.release.target(), created_by=request.user
            )
        except DomainError as error:
            group.problem = error.detail
            return False
        messages.success(request, _said(done))
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _groups(request: HttpRequest, masters: list[Master]) -> list[Group]:
    forms = sorted(_file_forms(request, masters, None), key=_group_key)
    drafts = _drafts({form.master.label_id for form in forms})
    return [_group(list(files), None, drafts) for _, files in groupby(forms, key=_group_key)]


def _drafts(label_ids: Iterable[int | None]) -> dict[int, list[Release]]:
    """The newest drafts of each label, in one query for all."""
    newest = Window(RowNumber(), partition_by="label", order_by="-id")
    rows = Release.objects.filter(label__in=label_ids, announced_at=None).annotate(place=newest)
    found: dict[int, list[Release]] = {}
    for draft in rows.filter(place__lte=MAX_DRAFTS).order_by("-id"):
        found.setdefault(draft.label_id, []).append(draft)
    return found


def _group_key(form: FileForm) -> tuple[int, str]:
    proposed = form.master.proposals
    return (form.master.label_id or 0, proposed.get("album", ""))


def _file_forms(request: HttpRequest, masters: list[Master], data: Any) -> list[FileForm]:
    isrcs = {master.pk: master.proposals.get("isrc", "") for master in masters}
    if data is not None:
        # What was typed counts: a correction may meet another recording.
        typed = {master.pk: data.get(f"file-{master.uid}-isrc", "") for master in masters}
        isrcs = {pk: "".join(isrc.split()).replace("-", "").upper() for pk, isrc in typed.items()}
    duplicates = duplicates_of(masters, {pk: isrc for pk, isrc in isrcs.items() if isrc})
    forms = []
    for master in masters:
        known = duplicates[master.pk]
        usable = [one for one in known.recordings if may(request.user, "catalog.change_recording", one)]
        forms.append(FileForm(data, master=master, duplicates=known, usable=usable))
    return forms


def _group(forms: list[FileForm], data: Any, drafts: dict[int, list[Release]]) -> Group:
    forms = sorted(forms, key=lambda form: (form.initial["disc"], form.initial["number"] or 999, form.master.pk))
    first = forms[0].master
    assert first.label is not None  # noqa: S101  a constraint says so
    proposed = first.proposals
    album = proposed.get("album", "")
    initial = {
        "release": ReleaseForm.NEW if album else ReleaseForm.NOWHERE,
        "release_title": album,
        "release_artists": NAMES_APART.join(proposed.get("album_artists") or proposed.get("artists", [])),
        "upc": proposed.get("upc", ""),
    }
    prefix = data.get("group") if data is not None else f"release-{first.uid}"
    artwork = next(filter(None, (form.master.proposals.get("artwork") for form in forms)), None)
    return Group(
        label=first.label,
        album=album,
        files=forms,
        release=ReleaseForm(data, drafts=drafts.get(first.label.pk, []), initial=initial, prefix=prefix),
        artwork=storage.presign_get(bucket=settings.R2_MASTERS_BUCKET, key=artwork["key"]) if artwork else "",
    )


def _is_valid(group: Group) -> bool:
    """All forms are looked at, so that all that is wrong is shown at once."""
    taken = [form for form in group.files if form.is_valid() and form.cleaned_data["take"]]
    if group.release.is_valid():
        check_together(taken, group.release.target())
    if any(form.master.label_id != group.label.pk for form in group.files):
        group.problem = "These files belong to several labels. Reload the page."
    elif not taken and not group.errors:
        group.problem = "Tick the files to take."
    return not group.errors


def _said(done: Assigned) -> str:
    count = len(done.recordings)
    what = "1 recording is" if count == 1 else f"{count} recordings are"
    on = f" They are on the draft “{done.release}”, which nobody sees before it is announced." if done.release else ""
    return f"{what} being prepared.{on}"
