"""Uploads from the admin: JSON beside the forms, with the staff session and its CSRF token. No bytes pass here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from catalog.ingest import uploads
from catalog.ingest.access import editable, master_of
from catalog.ingest.models import Master
from catalog.music.models import Recording, Release
from streaming.api.errors import REFUSALS, error_response, problem_response
from streaming.lib.errors import Code, DomainError, FieldProblem

View = Callable[..., HttpResponse]

_KINDS = {int: "a whole number", str: "a text", dict: "an object", list: "a list"}


def for_catalogue(view: View) -> View:
    """Staff who may change recordings; the errors are problem documents, as in the API."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if not request.user.is_staff or not request.user.has_perm("catalog.change_recording"):
                sentence = "Sign in to the admin as somebody who may edit the catalogue."
                return problem_response(Code.FORBIDDEN, 403, sentence)
            return view(request, *args, **kwargs)
        except REFUSALS as error:
            return error_response(error)

    return guarded


@require_POST
@for_catalogue
def start(request: HttpRequest) -> JsonResponse:
    """{"recording" | "release": id, "filename", "size", "content_type"} → where and how to PUT the file."""
    asked = body_of(request)
    recording, release = _target(request, asked)
    assert isinstance(request.user, User)  # noqa: S101  for_catalogue let only users in
    upload = uploads.start_upload(
        recording=recording,
        release=release,
        filename=field_of(asked, "filename", str),
        size_bytes=field_of(asked, "size", int),
        content_type=field_of(asked, "content_type", str) or "application/octet-stream",
        created_by=request.user,
    )
    return JsonResponse({"master": upload.master.uid, "url": upload.url, "headers": upload.headers}, status=201)


@require_POST
@for_catalogue
def complete(request: HttpRequest, uid: str) -> JsonResponse:
    """The file is there: check it and queue its ingest. Repeating it changes nothing."""
    job = uploads.complete_upload(master_uid=master_of(request, uid).uid)
    return JsonResponse(_status(job.master), status=202)


@require_GET
@for_catalogue
def status(request: HttpRequest, uid: str) -> JsonResponse:
    return JsonResponse(_status(master_of(request, uid, editing=False)))


def _status(master: Master) -> dict[str, Any]:
    """`inspecting` is a file that nobody has looked into; `unassigned` one that waits for an editor."""
    job = getattr(master, "job", None)
    arrived = "unassigned" if master.inspected_at else "inspecting"
    return {
        "master": master.uid,
        "filename": master.filename,
        "state": job.state if job else arrived if master.uploaded_at else "uploading",
        "stage": job.stage if job else "",
        "progress": job.progress if job else 0,
        "message": (job.error_message or " ".join(job.warning.splitlines())) if job else "",
    }


def body_of(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = orjson.loads(request.body)
    except ValueError:
        raise DomainError(Code.MALFORMED_BODY, "The body is not JSON.") from None
    if not isinstance(asked, dict):
        raise invalid("", "Send an object.")
    return asked


def _target(request: HttpRequest, asked: dict[str, Any]) -> tuple[Recording | None, Release | None]:
    if ("recording" in asked) == ("release" in asked):
        raise invalid("/recording", "Name a recording or a release.")
    if "recording" in asked:
        recording = editable(request, Recording).filter(pk=field_of(asked, "recording", int)).first()
        if recording is None:
            raise invalid("/recording", "There is no such recording.")
        return recording, None
    release = editable(request, Release).filter(pk=field_of(asked, "release", int)).first()
    if release is None:
        raise invalid("/release", "There is no such release.")
    return None, release


def field_of(asked: dict[str, Any], name: str, kind: type) -> Any:
    value = asked.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise invalid(f"/{name}", f"Send {_KINDS[kind]}.")
    return value


def invalid(pointer: str, detail: str) -> DomainError:
    return DomainError(Code.INVALID, detail, problems=(FieldProblem(pointer, Code.INVALID, detail),))
