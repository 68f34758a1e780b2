"""What I searched for. A search is noted when its client says that it was used: typing is not."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.viewer import viewer_of
from catalog.search import recent
from catalog.search.models import RecentSearch
from streaming.api.pagination import CursorPages
from streaming.api.params import UidInPath


class OpenedSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(choices=RecentSearch.Type.values)
    uid = serializers.UUIDField()


class NoteSearchSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)
    opened = OpenedSerializer(required=False, allow_null=True, default=None, help_text="What was opened from it.")

    def validate_q(self, q: str) -> str:
        if not recent.normalise(q):
            raise serializers.ValidationError("Send some words.")
        return q


class RecentSearchSerializer(serializers.ModelSerializer[RecentSearch]):
    opened = serializers.SerializerMethodField(help_text="What was opened from it last; null: nothing.")

    class Meta:
        model = RecentSearch
        fields = ["uid", "q", "opened", "used_at"]
        read_only_fields = fields

    @extend_schema_field(OpenedSerializer(allow_null=True))
    def get_opened(self, search: RecentSearch) -> dict[str, str] | None:
        if search.opened_uid is None:
            return None
        return {"type": search.opened_type, "uid": str(search.opened_uid)}


class NewestUsed(CursorPages):
    ordering = ("-used_at", "-id")


class MySearches(ListAPIView[RecentSearch]):
    """What I searched for, the last one first."""

    pagination_class = NewestUsed
    serializer_class = RecentSearchSerializer

    def get_queryset(self) -> QuerySet[RecentSearch]:
        return recent.searches_of(viewer_of(self.request))

    @extend_schema(operation_id="listMySearches", tags=["me"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="noteMySearch", tags=["me"], request=NoteSearchSerializer, responses=RecentSearchSerializer
    )
    def post(self, request: Request) -> Response:
        """I used this search: it is at the top now, once. Fifty are kept."""
        asked = NoteSearchSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        opened = asked.validated_data["opened"]
        search = recent.note_search(
            viewer=viewer_of(request), q=asked.validated_data["q"], opened=recent.Opened(**opened) if opened else None
        )
        return Response(RecentSearchSerializer(search).data)

    @extend_schema(operation_id="forgetMySearches", tags=["me"], responses={204: None})
    def delete(self, request: Request) -> Response:
        """Forget all of them."""
        recent.forget_searches(viewer=viewer_of(request))
        return Response(status=204)


class MySearch(UidInPath, APIView):
    @extend_schema(operation_id="forgetMySearch", tags=["me"], responses={204: None})
    def delete(self, request: Request, uid: str) -> Response:
        """Forget this one. What is not there is forgotten already."""
        recent.forget_search(viewer=viewer_of(request), uid=self.kwargs["uid"])
        return Response(status=204)
