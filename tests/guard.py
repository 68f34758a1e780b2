"""Watches every response of the whole suite: Django answers JSON and pages, never media (design: the one idea)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

MEDIA_TYPES = ("audio/", "video/", "application/vnd.apple.mpegurl", "application/x-mpegurl", "application/mp4")


class MediaBytesServedError(AssertionError):
    """A Django response carried an audio, video or playlist content type."""


def assert_no_media(response: HttpResponse) -> None:
    content_type = response.headers.get("Content-Type", "").lower()
    if content_type.startswith(MEDIA_TYPES):
        raise MediaBytesServedError(content_type)


class NoMediaBytesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        assert_no_media(response)
        return response
