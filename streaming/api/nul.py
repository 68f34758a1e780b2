"""Refuses an address that holds a NUL: PostgreSQL takes none in a text, and no address of ours has one."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from streaming.api.errors import problem_response
from streaming.lib.errors import Code, FieldProblem

SENTENCE = "A NUL character is not allowed."


class NoNulMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info:
            return problem_response(Code.INVALID, 400, SENTENCE)
        # Looked for before it is parsed: nearly no request has one.
        if "%00" in query or "\0" in query:
            named = [name for name, values in request.GET.lists() if "\0" in name + "".join(values)]
            problems = tuple(FieldProblem(f"/{name}".replace("\0", ""), Code.INVALID, SENTENCE) for name in named)
            return problem_response(Code.INVALID, 400, SENTENCE, problems)
        return self.get_response(request)
