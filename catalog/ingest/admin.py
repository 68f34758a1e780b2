from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from catalog.ingest import control
from catalog.ingest.models import IngestJob, Master
from catalog.ingest.previews import masters_with_jobs
from catalog.music.scope import may_touch
from catalog.music.scoped_admin import Scoped
from streaming.lib.errors import Code, DomainError


def newest_master(thing: Any) -> Master | None:
    """The newest uploaded master of a recording or release. One query where it was not prefetched."""
    if not hasattr(thing, "uploaded"):
        prefetch_related_objects([thing], masters_with_jobs())
    return thing.uploaded[-1] if thing.uploaded else None


def ingest_state(thing: Any) -> str:
    """One short sentence for a list: where the newest master stands."""
    master = newest_master(thing)
    if master is None:
        return "Nothing uploaded yet"
    job = master.job
    if job.state == IngestJob.State.FAILED:
        stage = job.get_stage_display().lower()
        return format_html('<span class="bb-bad">Failed while {}: {}</span>', stage, job.error_message)
    if job.state == IngestJob.State.READY:
        warning = f". {' '.join(job.warning.splitlines())}" if job.warning else ""
        return format_html('<span class="bb-good">{}</span>{}', job.get_state_display(), warning)
    if job.state == IngestJob.State.RUNNING:
        return f"{job.get_stage_display()}, {job.progress} %"
    if job.error_message:
        return f"Waiting to try again: {job.error_message}"
    return str(job.get_state_display())


class UploadPanel:
    """Adds the upload panel to a change page: straight to R2, with a bar, and the state until it is ready.

    `upload_then` ends the sentence that says what comes of the file, `upload_done` says that it has come.
    """

    upload_kind: str
    upload_accept: str
    upload_title: str
    upload_hint: str
    upload_then: str
    upload_done: str
    change_form_outer_after_template = "catalog/upload_panel.html"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        panel = {
            "id": object_id,
            **self._newest(request, object_id),
            "kind": self.upload_kind,
            "accept": self.upload_accept,
            "title": self.upload_title,
            "hint": self.upload_hint,
            "then": self.upload_then,
            "done": self.upload_done,
        }
        context = {**(extra_context or {}), "upload_panel": panel}
        return super().changeform_view(request, object_id, form_url, context)  # type: ignore[misc]  # ModelAdmin's

    def _newest(self, request: HttpRequest, object_id: str | None) -> dict[str, Any]:
        thing = self.get_object(request, object_id) if object_id else None  # type: ignore[attr-defined]  # ModelAdmin's
        if thing is None:
            return {"master": None, "state": ""}
        return {"master": newest_master(thing), "state": ingest_state(thing)}


@admin.register(IngestJob)
class IngestJobAdmin(Scoped, ModelAdmin):
    """Jobs are made by uploads and moved by workers; an editor may cancel them and have them tried again."""

    list_display = ("master", "thing", "state", "stage", "progress", "attempts", "message", "created_at")
    list_filter = ("state", "stage")
    ordering = ("-id",)
    search_fields = ("master__filename", "master__recording__title", "master__release__title")
    list_select_related = ("master__recording", "master__release", "master__label")
    actions = ("cancel", "try_again")

    @admin.display(description="For")
    def thing(self, job: IngestJob) -> str:
        return str(job.master.recording or job.master.release or job.master.label)

    @admin.display(description="Message")
    def message(self, job: IngestJob) -> str:
        return job.error_message or job.warning

    @admin.action(description="Cancel", permissions=["work"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[IngestJob]) -> None:
        self._each(request, chosen, control.cancel_job, "cancelled")

    @admin.action(description="Try again", permissions=["work"])
    def try_again(self, request: HttpRequest, chosen: QuerySet[IngestJob]) -> None:
        self._each(request, chosen, control.retry_job, "waiting for a worker")

    def _each(self, request: HttpRequest, chosen: QuerySet[IngestJob], do: Callable[..., None], outcome: str) -> None:
        for job in chosen:
            try:
                self._check_may_work(request, job)
                do(job_id=job.pk)
            except DomainError as error:
                self.message_user(request, f"{job.master.filename}: {error.detail}", messages.WARNING)
            else:
                self.message_user(request, f"{job.master.filename} is {outcome}.", messages.SUCCESS)

    @staticmethod
    def _check_may_work(request: HttpRequest, job: IngestJob) -> None:
        """Who is in a label's team to look sees its jobs, too."""
        if not may_touch(request.user, job):
            raise DomainError(Code.FORBIDDEN, "You may look at it, not change it.", status=403)

    def has_work_permission(self, request: HttpRequest) -> bool:
        """Whoever may upload a file may also stop its work and start it again."""
        return request.user.has_perm("catalog.change_recording")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: IngestJob | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: IngestJob | None = None) -> bool:
        return False
