"""The rows of an admin list, looking as the theme draws them, for a fraction of its time.

The theme makes the heads of all columns, a template of their own among them, once more for each row, and runs a
template for a row. Here a column is looked at once, and a row is put together from its cells. What our lists have no
use for is left out: editing in the list, dragging its rows, sections that open, actions of a row.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from html import escape
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field, quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import DateField, ForeignKey, ManyToOneRel, Model, TimeField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.templatetags import unfold_list
from unfold.utils import display_for_field, display_for_value

register = template.Library()

CELL = " ".join(unfold_list.ROW_CLASSES)
BOX_CELL = " ".join(unfold_list.CHECKBOX_CLASSES)
LINK = " ".join(unfold_list.LINK_CLASSES)
BODY = "block relative lg:table-row-group"
STRIPES = ("", " bg-base-50 dark:bg-white/[.02]")
ROW = (
    "data-row block border border-base-200 mb-3 relative rounded-default lg:table-row lg:border-none lg:mb-0 "
    "lg:rounded-none dark:border-base-800"
)


@dataclass(frozen=True)
class Column:
    """`opening` and `closing` are the tags around each of its cells; `method` is the admin page's, where it has one."""

    name: str
    method: Callable[[Any], Any] | None
    empty: str
    is_link: bool
    opening: str
    closing: str


@register.inclusion_tag("catalog/fast_rows.html", takes_context=True)
def fast_result_list(context: template.Context, cl: ChangeList) -> dict[str, Any]:
    headers = list(unfold_list.result_headers(cl))
    return {
        "cl": cl,
        "result_headers": headers,
        "num_sorted_fields": sum(1 for header in headers if header["sortable"] and header["sorted"]),
        "rows": mark_safe("".join(_rows(cl, list(_columns(cl, headers))))) if cl.result_list else "",  # noqa: S308  # escaped there
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }


def _columns(cl: ChangeList, headers: list[dict[str, Any]]) -> Iterator[Column]:
    has_head = False
    for place, (name, header) in enumerate(zip(cl.list_display, headers, strict=True)):
        is_link = name in (cl.list_display_links or ())
        # Said beside the cell where the screen is too narrow for a head.
        label = "Select record" if place == 0 and not is_link else header["text"]
        # The first link is the head of its row.
        kind = "th" if is_link and not has_head else "td"
        has_head = has_head or is_link
        classes = BOX_CELL if name == "action_checkbox" else f"field-{name} {CELL}"
        opening = format_html('<{} data-label="{}" class="{}', kind, label, classes)
        method = None if name == "__str__" else getattr(cl.model_admin, str(name), None)
        empty = getattr(method, "empty_value_display", cl.model_admin.get_empty_value_display())
        yield Column(str(name), method, empty, is_link, opening, f"</{kind}>")


def _rows(cl: ChangeList, columns: list[Column]) -> Iterator[str]:
    """Put together as plain text, each value escaped once: a call of format_html for each cell took half of it."""
    address_of = _addresses(cl)
    for place, row in enumerate(cl.result_list):
        opening = f'<tbody class="{BODY}{STRIPES[place % len(STRIPES)]}"><tr class="{ROW}">'
        address = address_of(row)
        cells = "".join(_cell(cl, row, column, address) for column in columns)
        yield f"{opening}{cells}</tr></tbody>"


def _addresses(cl: ChangeList) -> Callable[[Model], str]:
    """Escaped addresses of the rows. They differ in the key only, and all carry the same filters home."""
    address = cl.url_for_result(cl.result_list[0])
    preserved: dict[str, Any] = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    filters = add_preserved_filters(preserved, address).removeprefix(address)
    before, _, after = address.rpartition(str(quote(cl.result_list[0].pk)))
    return lambda row: escape(f"{before}{quote(row.pk)}{after}{filters}")


def _cell(cl: ChangeList, row: Model, column: Column, address: str) -> str:
    value, nowrap = _shown(cl, row, column)
    # As Django's conditional_escape does, which asks each time whether it was given a promise of a text.
    shown = value if isinstance(value, SafeString) else escape(str(value))
    if column.is_link:
        opener = f' data-popup-opener="{escape(str(_identity(cl, row)))}"' if cl.is_popup else ""
        shown = f'<a href="{address}" class="{LINK}"{opener}>{shown}</a>'
    return f'{column.opening}{" nowrap" if nowrap else ""}">{shown}{column.closing}'


def _identity(cl: ChangeList, row: Model) -> Any:
    return row.serializable_value(str(cl.to_field) if cl.to_field else cl.lookup_opts.pk.attname)


def _shown(cl: ChangeList, row: Model, column: Column) -> tuple[Any, bool]:
    """What a cell says, and whether that stays on one line."""
    empty = column.empty
    try:
        if column.method is None:
            field, _, value = lookup_field(column.name, row, cl.model_admin)
        else:
            field, value = None, column.method(row)
    except ObjectDoesNotExist:
        return empty, False
    if field is None or field.auto_created:
        is_boolean = getattr(column.method, "boolean", False)
        return display_for_value(value, empty, is_boolean), isinstance(value, date | time)
    nowrap = isinstance(field, DateField | TimeField | ForeignKey)
    if isinstance(field.remote_field, ManyToOneRel):
        related = getattr(row, field.name)
        return empty if related is None else related, nowrap
    return display_for_field(value, field, empty), nowrap
