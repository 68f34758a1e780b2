"""Rate limits of the API: by account and by session where somebody is signed in, by address where nobody is."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from streaming.api.address import client_address
from streaming.api.errors import problem_response
from streaming.lib.errors import Code
from streaming.lib.limits import Limit, Verdict, hit

MINUTE = 60
# Refreshing, and the steps of sign-in flows.
AUTH = "auth"


def _account() -> Limit:
    return Limit("account", settings.API_PER_MINUTE_ACCOUNT, MINUTE)


def _session() -> Limit:
    return Limit("session", settings.API_PER_MINUTE_SESSION, MINUTE)


def _address() -> Limit:
    return Limit("address", settings.API_PER_MINUTE_ADDRESS, MINUTE)


def _auth() -> Limit:
    return Limit(AUTH, settings.AUTH_PER_MINUTE_ADDRESS, MINUTE)


class ApiThrottle(BaseThrottle):
    """The one throttle of the API. A view with `limit_scope = "auth"` is limited by address, whoever asks."""

    verdict: Verdict | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        self.verdict = min(self._verdicts(request, view), key=lambda one: (one.allowed, one.remaining))
        request._request.limit_verdict = self.verdict  # type: ignore[attr-defined]  # noqa: SLF001  for the headers
        return self.verdict.allowed

    def _verdicts(self, request: Request, view: Any) -> list[Verdict]:
        if getattr(view, "limit_scope", None) == AUTH:
            return [hit(_auth(), client_address(request))]
        # The viewer: streaming knows no app, so it is asked by name.
        viewer: Any = request.user
        if getattr(viewer, "user_uid", None) is None:
            return [hit(_address(), client_address(request))]
        return [hit(_session(), str(viewer.session_uid)), hit(_account(), str(viewer.user_uid))]

    def wait(self) -> float | None:
        return None if self.verdict is None else self.verdict.retry_after


def refuse_when_limited(request: HttpRequest) -> HttpResponse | None:
    """For views of libraries under /auth/: None, or the 429."""
    verdict = hit(_auth(), client_address(request))
    request.limit_verdict = verdict  # type: ignore[attr-defined]
    if verdict.allowed:
        return None
    response = problem_response(
        Code.RATE_LIMITED, 429, f"Too many requests. Try again in {verdict.retry_after} seconds."
    )
    response["Retry-After"] = str(verdict.retry_after)
    return response


class LimitHeadersMiddleware:
    """Says on each limited answer how much is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        verdict: Verdict | None = getattr(request, "limit_verdict", None)
        if verdict is not None:
            response["RateLimit-Limit"] = str(verdict.limit.amount)
            response["RateLimit-Remaining"] = str(verdict.remaining)
            response["RateLimit-Reset"] = str(verdict.reset_seconds)
        return response
