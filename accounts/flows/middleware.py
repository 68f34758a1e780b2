"""Around django-allauth's views under /auth/: the refresh cookie, honest waiting times, and JSON for every refusal."""

import math
from collections.abc import Callable
from http import HTTPStatus

import orjson
from allauth.account import app_settings
from allauth.core.internal.ratelimit import parse_rates
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.sessions.client import set_refresh_cookie
from streaming.api.errors import REFUSALS, error_response
from streaming.api.limits import refuse_when_limited

PREFIX = "/auth/app/"
# The deepest that a body of a flow goes is four; json.loads fails at about a thousand, and not with a refusal.
MAX_BRACKETS = 300
# Which of the library's limits stands before an address, by their names. All else can wait for the longest.
LIMITS = {
    "login": "login",
    "signup": "signup",
    "request_password_reset": "reset_password",
    "reset_password": "reset_password_from_key",
    "change_password": "change_password",
    "manage_email": "manage_email",
    "reauthenticate": "reauthenticate",
    "resend_email_verification_code": "confirm_email",
}


class FlowsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        refusal = refuse_when_limited(request) or _refuse_unreadable(request)
        response = refusal or self.get_response(request)
        token = getattr(request, "refresh_token_for_cookie", None)
        if token:
            set_refresh_cookie(response, token)
        return _with_waiting_time(request, _in_json(response))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The library knows nothing of our refusals."""
        if request.path.startswith(PREFIX) and isinstance(exception, REFUSALS):
            return error_response(exception)
        return None


def _refuse_unreadable(request: HttpRequest) -> HttpResponse | None:
    """None, or a 400 for what json.loads takes or fails on in its own ways: depth, endless numbers, half characters."""
    body = request.body
    if not body:
        return None
    if body.count(b"{") + body.count(b"[") > MAX_BRACKETS:
        return _refusal(HTTPStatus.BAD_REQUEST)
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return _refusal(HTTPStatus.BAD_REQUEST)
    return None


def _refusal(status: HTTPStatus) -> JsonResponse:
    """In the library's shape."""
    malformed = status is HTTPStatus.BAD_REQUEST
    message, code = ("Send a JSON object.", "malformed") if malformed else (f"{status.phrase}.", status.name.lower())
    return JsonResponse({"status": status, "errors": [{"message": message, "code": code}]}, status=status)


def _in_json(response: HttpResponse) -> HttpResponse:
    """The library refuses what is no JSON object, and other methods, with an empty answer."""
    if response.status_code < HTTPStatus.BAD_REQUEST or response.content:
        return response
    refusal = _refusal(HTTPStatus(response.status_code))
    if "Allow" in response:
        refusal["Allow"] = response["Allow"]
    return refusal


def _with_waiting_time(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The library does not say for how long: at most the window of its limit."""
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS and "Retry-After" not in response:
        response["Retry-After"] = str(_window(LIMITS.get(getattr(request.resolver_match, "url_name", ""))))
    elif response.status_code == HTTPStatus.BAD_REQUEST and b'"too_many_login_attempts"' in response.content:
        response["Retry-After"] = str(_window("login_failed"))
    return response


def _window(limit: str | None) -> int:
    """Seconds."""
    limits: dict[str, str] = app_settings.RATE_LIMITS
    named = [limits[limit]] if limit in limits else limits.values()
    seconds: float = max(rate.duration for rates in named for rate in parse_rates(rates))
    return math.ceil(seconds)
