"""Finding things by words."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from billing.viewer import viewer_of
from catalog.search.models import Kind
from catalog.search.queries import Found, search, search_kind, suggest
from catalog.search.serializers import (
    SearchRequestSerializer,
    SearchSerializer,
    SuggestionsSerializer,
    SuggestRequestSerializer,
    body_of,
    filters_of,
)

Q = OpenApiParameter("q", str, required=True, description="Words, an ISRC or a UPC; up to 200 characters.")


class SearchView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="search",
        responses=SearchSerializer,
        tags=["catalogue"],
        parameters=[
            Q,
            OpenApiParameter("type", str, enum=Kind.values, description="Only these, in pages."),
            OpenApiParameter("genre", str, description="Its slug. Of tracks, releases and videos."),
            OpenApiParameter("year", int, description="Of tracks, releases and videos."),
            OpenApiParameter("explicit", str, enum=["true", "false"], description="Of tracks and videos."),
            OpenApiParameter("limit", int, description="With type: rows a page, 1 to 100; 20 without."),
            OpenApiParameter("cursor", str, description="With type: from `next`."),
        ],
    )
    def get(self, request: Request) -> Response:
        """What is found by all the words, best first: up to ten of each type, or pages of one."""
        asked = SearchRequestSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = self._find(request, asked.validated_data)
        body = SearchSerializer(body_of(found, _next(request, found)), context={"request": request}).data
        return Response(body, headers=_named(found.engine))

    def _find(self, request: Request, asked: dict[str, Any]) -> Found:
        viewer, filters = viewer_of(request), filters_of(asked)
        if "type" not in asked:
            return search(viewer, asked["q"], filters)
        start, count = asked.get("cursor", 0), asked.get("limit", 20)
        return search_kind(viewer, asked["q"], Kind(asked["type"]), filters=filters, start=start, count=count)


def _next(request: Request, found: Found) -> str | None:
    if found.next_place is None:
        return None
    return str(replace_query_param(request.build_absolute_uri(), "cursor", f"p{found.next_place}"))


class SuggestView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="suggest", responses=SuggestionsSerializer, tags=["catalogue"], parameters=[Q])
    def get(self, request: Request) -> Response:
        """Up to eight names for what is being typed."""
        asked = SuggestRequestSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        engine, found = suggest(viewer_of(request), asked.validated_data["q"])
        names = [{"text": text, "type": hit.kind, "uid": hit.uid} for text, hit in found]
        return Response(SuggestionsSerializer({"suggestions": names}).data, headers=_named(engine))


def _named(engine: str) -> dict[str, str]:
    """No engine is asked for a code, or for nothing."""
    return {"Search-Engine": engine} if engine else {}
