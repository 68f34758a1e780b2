"""The staff admin: nobody enters without a second factor."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from unfold.sites import UnfoldAdminSite

from accounts.roles.sidebar import draw

SECOND_FACTOR = "staff_second_factor"
SIGNED_IN_SECONDS = 8 * 3600


def enter(request: HttpRequest) -> None:
    """Note in the admin's session that its second factor was given; it lasts a working day."""
    request.session[SECOND_FACTOR] = str(request.user.pk)
    request.session.set_expiry(SIGNED_IN_SECONDS)


# What people do with these, they do in their account; secrets, foreign identities and mirrors are not for the admin:
# dj-stripe would show Stripe's keys.
HIDDEN_APPS = frozenset({"account", "djstripe", "mfa", "socialaccount"})


@cache
def _address(page: str, app_label: str = "") -> str:
    return reverse(f"admin:{page}", kwargs={"app_label": app_label} if app_label else None)


def _app(label: str, pages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": apps.get_app_config(label).verbose_name,
        "app_label": label,
        "app_url": _address("app_list", label),
        "has_module_perms": True,
        "models": sorted(pages, key=lambda page: page["name"]),
    }


def _entry(model: type[Model], perms: dict[str, bool]) -> dict[str, Any]:
    meta = model._meta  # noqa: SLF001  documented
    named = f"{meta.app_label}_{meta.model_name}"
    return {
        "model": model,
        "name": capfirst(meta.verbose_name_plural),
        "object_name": meta.object_name,
        "perms": perms,
        "admin_url": _address(f"{named}_changelist") if perms["change"] or perms["view"] else None,
        "add_url": _address(f"{named}_add") if perms["add"] else None,
        "view_only": not perms["change"],
    }


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
        context = super().each_context(request)
        return {**context, "colors": None, "staff_pages": draw(context["available_apps"], request.path)}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The pages that the user may open, by app and name: as Django has them, but for addresses, which are looked up
        once and not for every page."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for model, page in self._registry.items():
            meta = model._meta  # noqa: SLF001  documented
            if app_label in (None, meta.app_label) and page.has_module_permission(request):
                perms = page.get_model_perms(request)
                if any(perms.values()):
                    found[meta.app_label].append(_entry(model, perms))
        listed = [_app(label, pages) for label, pages in found.items()]
        return sorted(listed, key=lambda one: one["name"].lower())

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().login(request, extra_context)
        # A redirect after POST is Django's word for "the form was right".
        if request.method == "POST" and response.status_code == 302:
            enter(request)
        return response
