from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.viewer import viewer_of
from catalog.library import queries, services
from catalog.library.models import Saved
from catalog.music.serializers import ArtistSerializer, ReleaseSerializer, TrackSerializer
from catalog.playlists.serializers import PlaylistSerializer
from streaming.api.params import choice_param, uids_param

UIDS = OpenApiParameter("uids", str, required=True, description="1 to 50, of any types, with commas between.")


class SavedSerializer(serializers.ModelSerializer[Saved]):
    """The thing is in the member that `type` names; the others are null."""

    track = TrackSerializer(allow_null=True)
    release = ReleaseSerializer(allow_null=True)
    artist = ArtistSerializer(allow_null=True)
    playlist = PlaylistSerializer(allow_null=True)

    class Meta:
        model = Saved
        fields = ["type", "saved_at", "track", "release", "artist", "playlist"]
        read_only_fields = fields


class SkippedSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    reason = serializers.CharField(help_text="NOT_FOUND: there is no such thing, or none that you may see.")


class SaveAnswerSerializer(serializers.Serializer[Any]):
    saved = serializers.ListField(child=serializers.UUIDField(), help_text="Now, or before.")
    skipped = SkippedSerializer(many=True)


class IsSavedSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    is_saved = serializers.BooleanField()


class ContainsSerializer(serializers.Serializer[Any]):
    results = IsSavedSerializer(many=True)


def _uids(request: Request) -> Any:
    uids = uids_param(request, "uids")
    if not uids:
        raise ValidationError({"uids": ["Name what it is about."]}, code="required")
    return uids


class MyLibrary(ListAPIView[Saved]):
    """What I saved, the last saved first."""

    serializer_class = SavedSerializer
    # DRF's answer to OPTIONS takes a PUT to be one row's, and breaks.
    metadata_class = None

    def get_queryset(self) -> QuerySet[Saved]:
        rows = queries.library_of(viewer_of(self.request))
        type_ = choice_param(self.request, "type", Saved.Type.values)
        return rows.filter(type=type_) if type_ else rows

    @extend_schema(
        operation_id="listMyLibrary", tags=["me"], parameters=[OpenApiParameter("type", str, enum=Saved.Type.values)]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="saveToMyLibrary", tags=["me"], parameters=[UIDS], request=None, responses=SaveAnswerSerializer
    )
    def put(self, request: Request) -> Response:
        """Save these; an artist is followed. What is saved already keeps its time."""
        answer = services.save_things(viewer=viewer_of(request), uids=_uids(request))
        skipped = [{"uid": uid, "reason": "NOT_FOUND"} for uid in answer.missing]
        return Response(SaveAnswerSerializer({"saved": answer.saved, "skipped": skipped}).data)

    @extend_schema(
        operation_id="removeFromMyLibrary", tags=["me"], parameters=[UIDS], request=None, responses={204: None}
    )
    def delete(self, request: Request) -> Response:
        """Let go of these. What is not there is gone already."""
        services.remove_things(viewer=viewer_of(request), uids=_uids(request))
        return Response(status=204)


class MyLibraryContains(APIView):
    @extend_schema(operation_id="isInMyLibrary", tags=["me"], parameters=[UIDS], responses=ContainsSerializer)
    def get(self, request: Request) -> Response:
        """Which of these I have saved, in the order in which they were asked for."""
        uids = _uids(request)
        saved = queries.which_are_saved(viewer_of(request), uids)
        rows = [{"uid": uid, "is_saved": uid in saved} for uid in uids]
        return Response(ContainsSerializer({"results": rows}).data)
