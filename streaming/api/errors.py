"""The one error handler: every refusal, 400 to 500, is an RFC 9457 problem document.

Shape: {"type", "title", "status", "code", "detail", "request_id", "errors": [{"pointer", "code", "detail"}]}.
`code` comes from the closed list of streaming.lib.errors.Code.
"""

import logging
import math
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from rest_framework import exceptions
from rest_framework.response import Response

from streaming.api.request_id import current_request_id
from streaming.lib.errors import Code, DomainError, FieldProblem
from streaming.lib.storage import StorageUnavailable

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

_DETAILS = {
    Code.NOT_FOUND: "There is nothing here, or nothing that you may see.",
    Code.INTERNAL: "Something broke on our side and was logged. Try again; if it goes on, tell us the request id.",
    Code.UNAVAILABLE: "The service is busy or starting. Try again in a few seconds.",
    Code.STORAGE_UNAVAILABLE: "The media store does not answer. Try again in a minute.",
    Code.BODY_TOO_LARGE: "The request's body is larger than this endpoint takes.",
    Code.INVALID: "Some of what was sent is not valid; see errors.",
}


def problem(
    code: Code,
    status: int,
    detail: str = "",
    problems: tuple[FieldProblem, ...] = (),
) -> dict[str, Any]:
    """The body of a problem document."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code.value,
        "detail": detail or _DETAILS.get(code, HTTPStatus(status).phrase),
        "request_id": current_request_id(),
        "errors": [{"pointer": p.pointer, "code": p.code, "detail": p.detail} for p in problems],
    }


def problem_response(
    code: Code, status: int, detail: str = "", problems: tuple[FieldProblem, ...] = ()
) -> JsonResponse:
    """The same for views and middleware outside DRF."""
    return JsonResponse(problem(code, status, detail, problems), status=status, content_type=CONTENT_TYPE)


def flatten(detail: Any, pointer: str = "") -> Iterator[FieldProblem]:
    """Turn DRF's nested validation messages into one list with JSON pointers."""
    if isinstance(detail, dict):
        for name, value in detail.items():
            yield from flatten(value, pointer if name == "non_field_errors" else f"{pointer}/{name}")
    elif isinstance(detail, list):
        for position, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            yield from flatten(value, f"{pointer}/{position}" if nested else pointer)
    else:
        yield FieldProblem(pointer, str(getattr(detail, "code", "invalid")).upper(), str(detail))


_BY_EXCEPTION: tuple[tuple[type[Exception], Code], ...] = (
    (exceptions.ParseError, Code.MALFORMED_BODY),
    (exceptions.NotAuthenticated, Code.NOT_SIGNED_IN),
    (exceptions.AuthenticationFailed, Code.TOKEN_INVALID),
    (exceptions.PermissionDenied, Code.FORBIDDEN),
    (exceptions.NotFound, Code.NOT_FOUND),
    (exceptions.MethodNotAllowed, Code.METHOD_NOT_ALLOWED),
    (exceptions.NotAcceptable, Code.NOT_ACCEPTABLE),
    (exceptions.UnsupportedMediaType, Code.UNSUPPORTED_MEDIA_TYPE),
    (exceptions.Throttled, Code.RATE_LIMITED),
)


def _as_problem(error: Exception) -> tuple[Code, int, str, tuple[FieldProblem, ...]] | None:
    if isinstance(error, DomainError):
        return error.code, error.status, error.detail, error.problems
    if isinstance(error, exceptions.ValidationError):
        return Code.INVALID, 400, "", tuple(flatten(error.detail))
    if isinstance(error, (Http404, exceptions.NotFound)):
        return Code.NOT_FOUND, 404, "", ()
    if isinstance(error, PermissionDenied):
        return Code.FORBIDDEN, 403, "", ()
    if isinstance(error, RequestDataTooBig):
        return Code.BODY_TOO_LARGE, 413, "", ()
    if isinstance(error, StorageUnavailable):
        return Code.STORAGE_UNAVAILABLE, 503, "", ()
    if isinstance(error, OperationalError):
        return Code.UNAVAILABLE, 503, "", ()
    if isinstance(error, exceptions.APIException):
        code = next((code for kind, code in _BY_EXCEPTION if isinstance(error, kind)), Code.INVALID)
        return code, error.status_code, _sentence(error.detail), ()
    return None


def _sentence(detail: Any) -> str:
    """simplejwt puts its sentence into a dict beside a code."""
    return str(detail.get("detail", "")) if isinstance(detail, dict) else str(detail)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None (unknown exception) goes to Django, which calls `server_error`."""
    found = _as_problem(error)
    if found is None:
        return None
    code, status, detail, problems = found
    if status >= 500:
        log.error("answered %s", status, exc_info=error)
    headers = dict(error.headers) if isinstance(error, DomainError) else {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    body = problem(code, status, detail, problems)
    if isinstance(error, DomainError):
        body |= error.members
    return Response(body, status=status, content_type=CONTENT_TYPE, headers=headers)


# What a plain Django view hands to error_response; anything else is a 500 as everywhere.
REFUSALS = (DomainError, exceptions.APIException, StorageUnavailable, OperationalError, RequestDataTooBig)


def error_response(error: Exception) -> JsonResponse:
    """What the handler would answer to one of REFUSALS, for plain Django views."""
    return problem_response(*(_as_problem(error) or (Code.INTERNAL, 500, "", ())))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refusal(request, Code.INVALID, 400, "The request could not be read.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refusal(request, Code.FORBIDDEN, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _refusal(
        request, Code.CSRF, 403, "The form's security token is missing or old. Reload the page and try again."
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _refusal(request, Code.NOT_FOUND, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _refusal(request, Code.INTERNAL, 500)


_PAGES = {
    403: ("You may not do this", "Your role and your labels do not allow it. An operator or an owner of the team can."),
    404: ("There is nothing here", ""),
    500: ("Something broke", ""),
}


def _refusal(request: HttpRequest, code: Code, status: int, detail: str = "") -> HttpResponse:
    """A person who walks through the admin gets a page, programs a problem document."""
    is_admin = request.path_info.startswith(f"/{settings.ADMIN_PATH}")
    if not (is_admin and "text/html" in request.headers.get("Accept", "")):
        return problem_response(code, status, detail)
    title, sentence = _PAGES.get(status, ("This could not be read", ""))
    words = {**problem(code, status, detail or sentence), "title": title}
    # Without the request: what broke may be what the context of every page asks for.
    return HttpResponse(render_to_string("admin/refused.html", words), status=status)
