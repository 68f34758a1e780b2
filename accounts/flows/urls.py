"""django-allauth's addresses for apps, without those that we have another way for, and their published schema."""

from collections.abc import Sequence
from typing import Any

from allauth.headless.constants import Client
from allauth.headless.urls import build_urlpatterns
from django.urls import URLResolver, include, path

from accounts.flows.views import OURS

# Telephone numbers and sign-in by mailed code are not offered; there is one way to refresh, and it is ours; a redirect
# to Apple or Google begins in the browser.
UNUSED = frozenset(
    {
        "manage_phone",
        "verify_phone",
        "resend_phone_verification_code",
        "confirm_login_code",
        "request_login_code",
        "resend_login_code",
        "refresh_token",
        "refresh",
        "redirect_to_provider",
    }
)


def _used(patterns: Sequence[Any]) -> list[Any]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            pattern.url_patterns[:] = _used(pattern.url_patterns)
        elif (view_class := getattr(pattern.callback, "view_class", None)) in OURS:
            pattern.callback = OURS[view_class].as_api_view(client=Client.APP)
    return [pattern for pattern in patterns if getattr(pattern, "name", None) not in UNUSED]


# The names of the library, which it uses itself.
app_name = "headless"
urlpatterns = [
    path("app/", include((_used(build_urlpatterns(Client.APP)), "headless"), namespace="app")),
    path("", include("allauth.headless.spec.urls")),
]
