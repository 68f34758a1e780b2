"""Cursor pages: {"results": [...], "next": url or null}, 20 rows by default, 100 at most."""

import re
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

_LIMIT = re.compile(r"[0-9]{1,3}")


class CursorPages(CursorPagination):
    """The order must end in a unique column; a view sets `ordering` when newest first is not it."""

    page_size = 20
    max_page_size = 100
    page_size_query_param = "limit"
    ordering: tuple[str, ...] = ("-id",)

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get("limit")
        if asked is None:
            return self.page_size
        if not _LIMIT.fullmatch(asked) or not 1 <= int(asked) <= self.max_page_size:
            raise ValidationError({"limit": ["Ask for 1 to 100 rows."]})
        return int(asked)

    def decode_cursor(self, request: Request) -> Any:
        try:
            return super().decode_cursor(request)
        except NotFound:
            raise _foreign_cursor() from None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        cursor = self.decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            # A cursor is not signed. The position of one that was made up must be refused before it meets the column.
            name = self.get_ordering(request, queryset, view)[0].lstrip("-")
            try:
                queryset.model._meta.get_field(name).to_python(cursor.position)  # noqa: SLF001  Django documents it
            except DjangoValidationError:
                raise _foreign_cursor() from None
        return super().paginate_queryset(queryset, request, view)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {"type": ["string", "null"], "format": "uri"},
            },
        }


def _foreign_cursor() -> ValidationError:
    return ValidationError({"cursor": ["This is not a cursor that we gave out."]})
