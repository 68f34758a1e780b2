"""The list of pages beside every page of the admin, looking as the theme draws it: a template took a tenth of each."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe

APP = "block font-semibold mb-2 mt-4 text-font-important-light text-sm truncate dark:text-font-important-dark"
PAGE = "flex items-center h-[38px] -mx-3 px-3 rounded-default truncate "
OTHER = "hover:text-primary-600 dark:hover:text-primary-500"
CURRENT = "bg-base-100 font-semibold text-primary-600 dark:bg-white/[.06] dark:text-primary-500 active"


def draw(apps: Iterable[dict[str, Any]], path: str) -> SafeString:
    """Of what `StaffSite.get_app_list` answers. `path` is the page that is open."""
    return mark_safe("".join(_app(app, path) for app in apps))  # noqa: S308  names are escaped, addresses our own


def _app(app: dict[str, Any], path: str) -> str:
    current = " current-app" if app["app_url"] in path else ""
    return (
        f'<div class="app-{app["app_label"]} module{current} px-6">'
        f'<h2><a href="{app["app_url"]}" class="{APP}">{escape(app["name"])}</a></h2>'
        f'<ol class="flex flex-col gap-0.5">{"".join(_pages(app, path))}</ol></div>'
    )


def _pages(app: dict[str, Any], path: str) -> Iterator[str]:
    for page in app["models"]:
        address = page["admin_url"]
        if address is None:
            continue
        look, said = (CURRENT, ' aria-current="page"') if address in path else (OTHER, "")
        key = f"link-{app['app_label']}-{page['object_name'].lower()}"
        yield f'<li><a href="{address}" id="{key}" class="{PAGE}{look}"{said}>{escape(page["name"])}</a></li>'
