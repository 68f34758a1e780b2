"""The staff admin: nobody enters without a second factor."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.sites import UnfoldAdminSite

SECOND_FACTOR = "staff_second_factor"
SIGNED_IN_SECONDS = 8 * 3600


def enter(request: HttpRequest) -> None:
    """Note in the admin's session that its second factor was given; it lasts a working day."""
    request.session[SECOND_FACTOR] = str(request.user.pk)
    request.session.set_expiry(SIGNED_IN_SECONDS)


class StaffSite(UnfoldAdminSite):
    login_template = "roles/sign_in.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Staff, active, and let in with a second factor: a session from elsewhere is not enough."""
        return super().has_permission(request) and request.session.get(SECOND_FACTOR) == str(request.user.pk)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, extra_context)
        # A redirect after POST is Django's word for "the form was right".
        if request.method == "POST" and response.status_code == 302:
            enter(request)
        return response
