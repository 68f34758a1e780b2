"""The staff admin: nobody enters without a second factor."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

SECOND_FACTOR = "staff_second_factor"
SIGNED_IN_SECONDS = 8 * 3600


def enter(request: HttpRequest) -> None:
    """Note in the admin's session that its second factor was given; it lasts a working day."""
    request.session[SECOND_FACTOR] = str(request.user.pk)
    request.session.set_expiry(SIGNED_IN_SECONDS)


# What people do with these, they do in their account; secrets, foreign identities and mirrors are not for the admin:
# dj-stripe would show Stripe's keys.
HIDDEN_APPS = frozenset({"account", "djstripe", "mfa", "socialaccount"})


class StaffSite(UnfoldAdminSite):
    login_template = "roles/sign_in.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models = model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        shown = [model for model in models if model._meta.app_label not in HIDDEN_APPS]  # noqa: SLF001  documented
        super().register(shown, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, active, and let in with a second factor: a session from elsewhere is not enough."""
        return super().has_permission(request) and request.session.get(SECOND_FACTOR) == str(request.user.pk)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Without colours: ours are in backbeat.css, and the theme would write its own, one by one, into every page."""
        return {**super().each_context(request), "colors": None}

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, extra_context)
        # A redirect after POST is Django's word for "the form was right".
        if request.method == "POST" and response.status_code == 302:
            enter(request)
        return response
