"""Content-Security-Policy: what a page of ours may load, so that injected markup can't run or send anything away."""

from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Content-Security-Policy"
_ALWAYS = "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
# The admin's theme and the API's documentation bring scripts of their own inside their pages.
PAGE_WITH_INLINE_SCRIPTS = f"{_ALWAYS}; form-action 'self'"
NOTHING = f"default-src 'none'; {_ALWAYS}; form-action 'none'"


@cache
def listening_page() -> str:
    """Our own scripts, and media and covers from the edge. The player feeds fragments in through blob: addresses, and
    components set styles by attribute."""
    edge = urlsplit(settings.MEDIA_BASE_URL)
    media = f"{edge.scheme}://{edge.netloc}"
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: {media}; "
        f"media-src 'self' blob: {media}; connect-src 'self' {media}; worker-src 'self' blob:; "
        # Signing in with Apple or Google posts a form that is redirected there.
        f"form-action 'self' https://appleid.apple.com https://accounts.google.com; {_ALWAYS}"
    )


class ContentPolicyMiddleware:
    """A view that needs a policy of its own has set it; JSON gets the strictest, other pages the widest."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if HEADER not in response:
            is_page = response.get("Content-Type", "").startswith("text/html")
            response[HEADER] = PAGE_WITH_INLINE_SCRIPTS if is_page else NOTHING
        return response
