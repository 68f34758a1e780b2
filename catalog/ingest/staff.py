"""Uploads from the admin: JSON beside the forms, with the staff session and its CSRF token. No bytes pass here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.roles.permissions import may
from catalog.ingest import services
from catalog.ingest.models import Master
from catalog.music.models import Recording, Release
from streaming.api.errors import REFUSALS, error_response, problem_response
from streaming.api.params import parse_uid
from streaming.lib.errors import Code, DomainError, FieldProblem

View = Callable[..., HttpResponse]


def for_editors(view: View) -> View:
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
@for_editors
def start(request: HttpRequest) -> JsonResponse:
    """{"recording" | "release": id, "filename", "size", "content_type"} → where and how to PUT the file."""
    asked = _body(request)
    recording, release = _target(asked)
    assert isinstance(request.user, User)  # noqa: S101  for_editors let only users in
    if not may(request.user, f"catalog.change_{'recording' if recording else 'release'}", recording or release):
        raise DomainError(Code.FORBIDDEN, "This one is not yours to change.", status=403)
    upload = services.start_upload(
        recording=recording,
        release=release,
        filename=_field(asked, "filename", str),
        size_bytes=_field(asked, "size", int),
        content_type=_field(asked, "content_type", str) or "application/octet-stream",
        created_by=request.user,
    )
    return JsonResponse({"master": upload.master.uid, "url": upload.url, "headers": upload.headers}, status=201)


@require_POST
@for_editors
def complete(request: HttpRequest, uid: str) -> JsonResponse:
    """The file is there: check it and queue its ingest. Repeating it changes nothing."""
    job = services.complete_upload(master_uid=parse_uid(uid, pointer="uid"))
    return JsonResponse(_status(job.master), status=202)


@require_GET
@for_editors
def status(request: HttpRequest, uid: str) -> JsonResponse:
    master = Master.objects.select_related("job").filter(uid=parse_uid(uid, pointer="uid")).first()
    if master is None:
        raise DomainError(Code.NOT_FOUND, "There is no such upload.", status=404)
    return JsonResponse(_status(master))


def _status(master: Master) -> dict[str, Any]:
    job = getattr(master, "job", None)
    return {
        "master": master.uid,
        "filename": master.filename,
        "state": job.state if job else "uploading",
        "stage": job.stage if job else "",
        "progress": job.progress if job else 0,
        "message": (job.error_message or " ".join(job.warning.splitlines())) if job else "",
    }


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = orjson.loads(request.body)
    except ValueError:
        raise DomainError(Code.MALFORMED_BODY, "The body is not JSON.") from None
    if not isinstance(asked, dict):
        raise _invalid("", "Send an object.")
    return asked


def _target(asked: dict[str, Any]) -> tuple[Recording | None, Release | None]:
    if ("recording" in asked) == ("release" in asked):
        raise _invalid("/recording", "Name a recording or a release.")
    if "recording" in asked:
        recording = Recording.objects.filter(pk=_field(asked, "recording", int)).first()
        if recording is None:
            raise _invalid("/recording", "There is no such recording.")
        return recording, None
    release = Release.objects.filter(pk=_field(asked, "release", int)).first()
    if release is None:
        raise _invalid("/release", "There is no such release.")
    return None, release


def _field(asked: dict[str, Any], name: str, kind: type) -> Any:
    value = asked.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _invalid(f"/{name}", f"Send a {'whole number' if kind is int else 'text'}.")
    return value


def _invalid(pointer: str, detail: str) -> DomainError:
    return DomainError(Code.INVALID, detail, problems=(FieldProblem(pointer, Code.INVALID, detail),))
