"""What a request says about the app or browser behind it, and the cookie that a browser's refresh token lives in."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from accounts.sessions.models import ABSOLUTE_LIMIT, Session
from accounts.sessions.services import Client
from accounts.users.rules import country_from_headers

REFRESH_COOKIE = "__Host-refresh"
_NAME_LENGTH = 80


def client_of(request: HttpRequest) -> Client:
    """Platform and name are what the client says: shown, never trusted. The country is the proxy's, when believed.

    A header holds ASCII: other characters of a name come percent-encoded in UTF-8.
    """
    platform = request.headers.get("X-Client-Platform", "").lower()
    said = unquote(request.headers.get("X-Client-Name", "")[: 9 * _NAME_LENGTH])
    name = "".join(char for char in said if char.isprintable())
    return Client(
        platform=platform if platform in Session.Platform.values else Session.Platform.OTHER,
        name=name.strip()[:_NAME_LENGTH],
        country=country_of(request),
    )


def country_of(request: HttpRequest) -> str:
    return country_from_headers(request.headers, origin_secret=settings.ORIGIN_SECRET)


def is_web(request: HttpRequest) -> bool:
    """Whether the refresh token goes into a cookie: no script can read it there."""
    return request.headers.get("X-Client-Platform", "").lower() == Session.Platform.WEB


def is_same_site(request: HttpRequest) -> bool:
    """Whether our own page asks [CSRF]. A form of another site can send neither the header nor our origin, and the
    cookie is SameSite=Strict besides."""
    return is_web(request) and is_same_origin(request)


def is_same_origin(request: HttpRequest) -> bool:
    """Whether what the browser says of the asking page is our own origin; what it does not say is no objection."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin == f"{request.scheme}://{request.get_host()}"


def set_refresh_cookie(response: HttpResponseBase, refresh_token: str) -> None:
    response.set_cookie(
        REFRESH_COOKIE,
        refresh_token,
        max_age=int(ABSOLUTE_LIMIT.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )


def drop_refresh_cookie(response: HttpResponseBase) -> None:
    """Not delete_cookie: a browser ignores what says `__Host-` and is not secure."""
    cookie: dict[str, Any] = {"path": "/", "secure": True, "httponly": True, "samesite": "Strict"}
    response.set_cookie(REFRESH_COOKIE, "", max_age=0, **cookie)
