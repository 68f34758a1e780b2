"""Refuses a body that is too large before it is read, with 413 as RFC 9110 has it (Django alone says 400)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat

from streaming.api.errors import problem_response
from streaming.lib.errors import Code

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


class BodyLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without leading zeros, more than 18 digits are too many in any case, and int() refuses thousands of them.
        length = str(request.META.get("CONTENT_LENGTH") or "0").lstrip("0") or "0"
        if not (length.isascii() and length.isdecimal()):
            return problem_response(Code.INVALID, 400, "Content-Length is not a number.")
        if len(length) > 18 or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return _too_large(request, length)
        # Whoever reads the body converts it again.
        request.META["CONTENT_LENGTH"] = length
        return self.get_response(request)


def _too_large(request: HttpRequest, length: str) -> HttpResponse:
    """A browser that sent a form of the admin shows what it is answered to a person."""
    if request.content_type not in FORMS or not request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
        return problem_response(Code.BODY_TOO_LARGE, 413)
    words = {
        "title": "This is too large to be taken",
        "limit": filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE),
        "size": filesizeformat(length[:18]),
        "address": request.path,
    }
    return render(request, "admin/too_large.html", words, status=413)
