import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils.cache import patch_cache_control, patch_vary_headers
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from billing.viewer import viewer_of
from catalog.playlists import queries, services
from catalog.playlists.models import Playlist, PlaylistEntry
from catalog.playlists.serializers import (
    AddedSerializer,
    AddSerializer,
    CopySerializer,
    CreateSerializer,
    EntrySerializer,
    MoveSerializer,
    PlaylistSerializer,
    RemoveSerializer,
    RevisionSerializer,
)
from streaming.api.pagination import CursorPages
from streaming.api.params import UidInPath, parse_uid
from streaming.api.revisions import revisions_of, tagged
from streaming.lib.errors import DomainError

SECRET = OpenApiParameter(
    "Playlist-Secret", str, OpenApiParameter.HEADER, description="Of an unlisted one: what follows the # of its link."
)
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The playlist's ETag.")
TAGS = ["playlists"]


class PlaylistView(APIView):
    """A playlist may become private at any moment: no cache answers for it, and none gives one's answer to another."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(answer, private=True, no_cache=True)
        patch_vary_headers(answer, ["Authorization", "Playlist-Secret"])
        return answer

    def handle_exception(self, exc: Exception) -> Response:
        """A refused edit says what the playlist is like now."""
        if isinstance(exc, services.RevisionOutdated):
            viewer = viewer_of(self.request)
            current = {
                "playlist": self.shown(exc.playlist.uid),
                "entries": [str(uid) for uid in queries.order_of(viewer, exc.playlist)],
            }
            exc = DomainError(exc.code, exc.detail, status=exc.status, members={"current": current})
        return super().handle_exception(exc)

    def found(self, uid: uuid.UUID) -> Playlist:
        playlist = queries.playlists_for(viewer_of(self.request), _secret(self.request)).filter(uid=uid).first()
        if playlist is None:
            raise services.not_found()
        return playlist

    def shown(self, uid: uuid.UUID) -> Any:
        return PlaylistSerializer(self.found(uid), context={"request": self.request}).data


def _secret(request: Request) -> uuid.UUID | None:
    given = request.headers.get("Playlist-Secret")
    return None if given is None else parse_uid(given, pointer="Playlist-Secret")


def _asked(serializer: type[Serializer[Any]], request: Request, **kwargs: Any) -> Any:
    asked = serializer(data=request.data, **kwargs)
    asked.is_valid(raise_exception=True)
    return asked.validated_data


def _revised(revision: int) -> Response:
    return Response({"revision": revision}, headers={"ETag": f'"{revision}"'})


class PlaylistList(PlaylistView, ListAPIView[Playlist]):
    """Editorial playlists, newest first."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    serializer_class = PlaylistSerializer

    def get_queryset(self) -> QuerySet[Playlist]:
        return queries.editorial_playlists_for(viewer_of(self.request))

    @extend_schema(operation_id="listPlaylists", tags=TAGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="createPlaylist", tags=TAGS, request=CreateSerializer, responses={201: PlaylistSerializer}
    )
    def post(self, request: Request) -> Response:
        """A new one of mine, private unless it says otherwise."""
        playlist = services.create_playlist(viewer=viewer_of(request), **_asked(CreateSerializer, request))
        return tagged(Response(self.shown(playlist.uid), status=201), playlist.revision)


class MyPlaylists(PlaylistView, ListAPIView[Playlist]):
    """Mine, newest first."""

    serializer_class = PlaylistSerializer

    def get_queryset(self) -> QuerySet[Playlist]:
        return queries.playlists_of(viewer_of(self.request))

    @extend_schema(operation_id="listMyPlaylists", tags=TAGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class PlaylistDetail(UidInPath, PlaylistView):
    permission_classes = (IsAuthenticatedOrReadOnly,)

    @extend_schema(operation_id="getPlaylist", tags=TAGS, parameters=[SECRET], responses=PlaylistSerializer)
    def get(self, request: Request, uid: str) -> Response:
        """One playlist; its tracks are its entries."""
        body = self.shown(self.kwargs["uid"])
        return tagged(Response(body), body["revision"])

    @extend_schema(
        operation_id="changePlaylist", tags=TAGS, parameters=[IF_MATCH], request=CreateSerializer,
        responses=PlaylistSerializer,
    )  # fmt: skip
    def patch(self, request: Request, uid: str) -> Response:
        """Name, description, visibility. `If-Match` may be left out: a playlist must become private at once."""
        changes = _asked(CreateSerializer, request, partial=True)
        revisions = revisions_of(request, required=False)
        playlist = services.change_playlist(
            viewer=viewer_of(request), uid=self.kwargs["uid"], changes=changes, revisions=revisions
        )
        return tagged(Response(self.shown(playlist.uid)), playlist.revision)

    @extend_schema(operation_id="deletePlaylist", tags=TAGS, parameters=[IF_MATCH], responses={204: None})
    def delete(self, request: Request, uid: str) -> Response:
        """Gone for everybody."""
        revisions = revisions_of(request, required=False)
        services.delete_playlist(viewer=viewer_of(request), uid=self.kwargs["uid"], revisions=revisions)
        return Response(status=204)


class PlaylistSecret(UidInPath, PlaylistView):
    @extend_schema(operation_id="renewPlaylistSecret", tags=TAGS, request=None, responses={201: PlaylistSerializer})
    def post(self, request: Request, uid: str) -> Response:
        """Another link for an unlisted playlist; the one there was opens nothing any more."""
        playlist = services.renew_secret(viewer=viewer_of(request), uid=self.kwargs["uid"])
        return tagged(Response(self.shown(playlist.uid), status=201), playlist.revision)


class PlaylistCopies(UidInPath, PlaylistView):
    @extend_schema(
        operation_id="duplicatePlaylist", tags=TAGS, parameters=[SECRET], request=CopySerializer,
        responses={201: PlaylistSerializer},
    )  # fmt: skip
    def post(self, request: Request, uid: str) -> Response:
        """A private copy of my own, of what I see on it."""
        name = _asked(CopySerializer, request).get("name")
        copy = services.duplicate_playlist(
            viewer=viewer_of(request), uid=self.kwargs["uid"], secret=_secret(request), name=name
        )
        return tagged(Response(self.shown(copy.uid), status=201), copy.revision)


class RankPages(CursorPages):
    ordering = ("rank",)


class PlaylistEntries(UidInPath, PlaylistView, ListAPIView[PlaylistEntry]):
    """What is on a playlist, in order."""

    permission_classes = (IsAuthenticatedOrReadOnly,)
    pagination_class = RankPages
    serializer_class = EntrySerializer

    def get_queryset(self) -> QuerySet[PlaylistEntry]:
        self.playlist = self.found(self.kwargs["uid"])
        return queries.entries_for(viewer_of(self.request), self.playlist)

    @extend_schema(operation_id="listPlaylistEntries", tags=TAGS, parameters=[SECRET])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return tagged(super().get(request, *args, **kwargs), self.playlist.revision)

    @extend_schema(
        operation_id="addToPlaylist", tags=TAGS, parameters=[IF_MATCH], request=AddSerializer,
        responses={200: AddedSerializer},
    )  # fmt: skip
    def post(self, request: Request, uid: str) -> Response:
        """Add tracks at the end, or before an entry (then with `If-Match`). What can't be added is in `skipped`."""
        asked = _asked(AddSerializer, request)
        revisions = revisions_of(request, required=asked["before"] is not None)
        answer = services.add_tracks(viewer=viewer_of(request), uid=self.kwargs["uid"], revisions=revisions, **asked)
        return _added(answer)


def _added(answer: services.Added) -> Response:
    body = {
        "revision": answer.revision,
        "added": [{"uid": entry.uid, "track": track} for entry, track in answer.entries],
        "skipped": [{"track": one.track, "reason": one.reason} for one in answer.skipped],
    }
    return Response(AddedSerializer(body).data, headers={"ETag": f'"{answer.revision}"'})


class PlaylistMoves(UidInPath, PlaylistView):
    @extend_schema(
        operation_id="movePlaylistEntries", tags=TAGS, parameters=[IF_MATCH], request=MoveSerializer,
        responses=RevisionSerializer,
    )  # fmt: skip
    def post(self, request: Request, uid: str) -> Response:
        """Put entries before another one, or at the end."""
        asked, revisions = _asked(MoveSerializer, request), revisions_of(request, required=True)
        viewer, playlist = viewer_of(request), self.kwargs["uid"]
        return _revised(services.move_entries(viewer=viewer, uid=playlist, revisions=revisions, **asked))


class PlaylistRemovals(UidInPath, PlaylistView):
    @extend_schema(
        operation_id="removePlaylistEntries", tags=TAGS, parameters=[IF_MATCH], request=RemoveSerializer,
        responses=RevisionSerializer,
    )  # fmt: skip
    def post(self, request: Request, uid: str) -> Response:
        """Take entries off; other places of their tracks stay."""
        asked, revisions = _asked(RemoveSerializer, request), revisions_of(request, required=True)
        viewer, playlist = viewer_of(request), self.kwargs["uid"]
        return _revised(services.remove_entries(viewer=viewer, uid=playlist, revisions=revisions, **asked))
