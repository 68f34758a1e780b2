"""Sign in with Apple or Google by redirect: the one flow that leaves the page, and comes back to our own session.

It is remembered by a cookie of its own, which names a flow and signs nobody in: the admin's session in the same browser
is neither seen nor touched. At the end the page gets the refresh cookie, or the flow token when more is asked for.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.headless.constants import Client
from allauth.headless.internal import sessionkit
from allauth.headless.internal.authkit import AuthenticationStatus, purge_request_user_cache
from allauth.headless.internal.decorators import mark_request_as_headless
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.apple.views import apple_post_callback
from allauth.socialaccount.providers.apple.views import oauth2_finish_login as apple_finish
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.google.views import oauth2_callback as google_callback
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.flows.strategy import FLOW_SECONDS, SessionStrategy, start_for_browser
from accounts.sessions.client import is_same_origin, set_refresh_cookie
from streaming.api.errors import problem_response
from streaming.api.limits import refuse_when_limited
from streaming.lib.errors import Code

FLOW_COOKIE = "__Host-flow"
COMPLETE = "/auth/web/complete"
FAILED = "/sign-in?error=provider"

View = Callable[..., HttpResponse]


def _in_flow(view: View) -> View:
    """Run with the session of the flow in the place of the browser's own, and put that back."""

    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        refusal = refuse_when_limited(request)
        if refusal is not None:
            return refusal
        strategy, own_session, own_user = SessionStrategy(), request.session, request.user
        token = request.COOKIES.get(FLOW_COOKIE)
        request.session = (strategy.lookup_flow(token) if token else None) or sessionkit.new_session()
        purge_request_user_cache(request)
        try:
            response = _answer(view, request, *args, **kwargs)
            if request.session.modified and not request.session.is_empty():
                request.session.set_expiry(FLOW_SECONDS)
                request.session.save()
                # Lax: the way back from Apple or Google begins at their site.
                response.set_cookie(
                    FLOW_COOKIE,
                    strategy.flow_token(request.session),
                    max_age=FLOW_SECONDS,
                    secure=True,
                    httponly=True,
                    samesite="Lax",
                )
        finally:
            request.session, request.user = own_session, own_user
        return response

    return wrapped


def _answer(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    try:
        return view(request, *args, **kwargs)
    except (SocialApp.DoesNotExist, ImproperlyConfigured):
        # A vendor that is not offered here.
        return HttpResponseRedirect(FAILED)


@csrf_exempt
@require_POST
@_in_flow
def begin(request: HttpRequest) -> HttpResponse:
    """A form of our page: `provider`. Only our own origin may begin, or somebody could be signed in as another."""
    if not is_same_origin(request):
        return problem_response(Code.CSRF, 403, "Begin on our own page.")
    mark_request_as_headless(request, Client.BROWSER)
    provider = get_adapter().get_provider(request, request.POST.get("provider", ""))
    response: HttpResponse = provider.redirect(request, AuthProcess.LOGIN, next_url=COMPLETE, headless=True)
    return response


@require_GET
@_in_flow
def complete(request: HttpRequest) -> HttpResponse:
    """Where the library sends the browser in the end."""
    mark_request_as_headless(request, Client.BROWSER)
    status = AuthenticationStatus(request)
    if "error" in request.GET:
        return HttpResponseRedirect(FAILED)
    if status.is_authenticated:
        refresh_token = start_for_browser(request)
        response = HttpResponseRedirect("/?signed-in")
        set_refresh_cookie(response, refresh_token)
        return response
    if status.get_pending_stage() is not None:
        request.session.save()
        # Behind the #, which no server and no log sees.
        return HttpResponseRedirect(f"/sign-in#flow={SessionStrategy().flow_token(request.session)}")
    return HttpResponseRedirect(FAILED)


urlpatterns = [
    path("web/begin", begin, name="web_begin"),
    path("web/complete", complete, name="web_complete"),
    path("providers/google/callback", _in_flow(google_callback), name="google_callback"),
    # Apple posts from its own site, without our cookies: that is kept, and the browser comes again by itself.
    path("providers/apple/callback", csrf_exempt(apple_post_callback), name="apple_callback"),
    path("providers/apple/finish", _in_flow(apple_finish), name="apple_finish_callback"),
]
