"""What is answered to somebody signed in stays with them: no shared cache may keep it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control


class PrivateAnswersMiddleware:
    """Inside ConditionalGetMiddleware, so that the browser keeps its copy and asks with the ETag."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Authorization" in request.headers:
            patch_cache_control(response, private=True, no_cache=True)
        return response
