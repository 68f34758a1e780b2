"""Refuses a body that is too large before it is read, with 413 as RFC 9110 has it (Django alone says 400)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from streaming.api.errors import problem_response
from streaming.lib.errors import Code


class BodyLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Without leading zeros, more than 18 digits are too many in any case, and int() refuses thousands of them.
        length = str(request.META.get("CONTENT_LENGTH") or "0").lstrip("0") or "0"
        if not (length.isascii() and length.isdecimal()):
            return problem_response(Code.INVALID, 400, "Content-Length is not a number.")
        if len(length) > 18 or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return problem_response(Code.BODY_TOO_LARGE, 413)
        # Whoever reads the body converts it again.
        request.META["CONTENT_LENGTH"] = length
        return self.get_response(request)
