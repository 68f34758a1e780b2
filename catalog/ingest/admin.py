from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from catalog.ingest.models import IngestJob, Master


def newest_master(thing: Any) -> Master | None:
    """The newest uploaded master of a recording or release, from its prefetched masters."""
    uploaded = [master for master in thing.masters.all() if master.uploaded_at is not None]
    return max(uploaded, key=lambda master: master.pk, default=None)


def ingest_state(thing: Any) -> str:
    """One short sentence for a list: where the newest master stands."""
    master = newest_master(thing)
    if master is None:
        return "Nothing uploaded yet"
    job = master.job
    if job.state == IngestJob.State.FAILED:
        return format_html('<span class="bb-bad">Failed: {}</span>', job.error_message)
    if job.state == IngestJob.State.READY:
        return format_html('<span class="bb-good">{}</span>', job.get_state_display())
    if job.state == IngestJob.State.RUNNING:
        return f"Running, {job.progress} %"
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
class IngestJobAdmin(ModelAdmin):
    """Read-only: jobs are made by uploads and moved by workers."""

    list_display = ("master", "thing", "state", "progress", "attempts", "error_message", "created_at")
    list_filter = ("state",)
    search_fields = ("master__filename", "master__recording__title", "master__release__title")
    list_select_related = ("master__recording", "master__release")

    @admin.display(description="For")
    def thing(self, job: IngestJob) -> str:
        return str(job.master.recording or job.master.release)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: IngestJob | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: IngestJob | None = None) -> bool:
        return False
