"""Refuses an address that holds a NUL: PostgreSQL takes none in a text, and no address of ours has one."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from streaming.api.errors import bad_request


class NoNulMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "%00" in query or "\0" in query:
            return bad_request(request, ValueError("a NUL in the address"))
        return self.get_response(request)
