"""The cover of a playlist. Its bytes go to R2, and come from there."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from billing.viewer import viewer_of
from catalog.playlists import covers
from catalog.playlists.api import TAGS, PlaylistView
from catalog.playlists.serializers import (
    CoverConfirmSerializer,
    CoverStartSerializer,
    CoverUploadSerializer,
    PlaylistSerializer,
)
from streaming.api.params import UidInPath


class PlaylistCover(UidInPath, PlaylistView):
    @extend_schema(
        operation_id="startPlaylistCover", tags=TAGS, request=CoverStartSerializer,
        responses={201: CoverUploadSerializer},
    )  # fmt: skip
    def post(self, request: Request, uid: str) -> Response:
        """Where to PUT a picture. The one that is shown stays until the new one is checked."""
        asked = CoverStartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        upload = covers.start_cover(viewer=viewer_of(request), uid=self.kwargs["uid"], **asked.validated_data)
        return Response(CoverUploadSerializer(upload).data, status=201)

    @extend_schema(
        operation_id="confirmPlaylistCover", tags=TAGS, request=CoverConfirmSerializer,
        responses={202: PlaylistSerializer},
    )  # fmt: skip
    def put(self, request: Request, uid: str) -> Response:
        """The picture has arrived: it is checked, and shown within seconds. Else `sent_cover` says why not."""
        asked = CoverConfirmSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        covers.confirm_cover(viewer=viewer_of(request), uid=self.kwargs["uid"], **asked.validated_data)
        return Response(self.shown(self.kwargs["uid"]), status=202)

    @extend_schema(operation_id="removePlaylistCover", tags=TAGS, responses={204: None})
    def delete(self, request: Request, uid: str) -> Response:
        """No cover, and none on its way."""
        covers.remove_cover(viewer=viewer_of(request), uid=self.kwargs["uid"])
        return Response(status=204)
