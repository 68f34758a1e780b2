from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from billing.viewer import viewer_of
from catalog.music import queries
from catalog.music.models import Artist, Genre, Label, Lyrics, Membership, Recording, Release, Track
from catalog.music.serializers import (
    ArtistDetailSerializer,
    ArtistSerializer,
    GenreSerializer,
    LabelRefSerializer,
    LyricsSerializer,
    MyArtistSerializer,
    ReleaseDetailSerializer,
    ReleaseSerializer,
    TrackDetailSerializer,
    TrackSerializer,
)
from streaming.api.pagination import CursorPages
from streaming.api.params import UidInPath, choice_param, text_param, uid_param, uids_param

UID = {"type": "string", "format": "uuid"}
UIDS = OpenApiParameter(
    "uids", str, description="Up to 50, with commas between: these, greyed where they can't be played."
)


class TrackList(ListAPIView[Track]):
    """Tracks, newest first."""

    permission_classes = (AllowAny,)
    serializer_class = TrackSerializer

    def get_queryset(self) -> QuerySet[Track]:
        viewer = viewer_of(self.request)
        if uids := uids_param(self.request, "uids"):
            return queries.known_tracks_for(viewer).filter(uid__in=uids)
        tracks = queries.tracks_for(viewer)
        if isrc := text_param(self.request, "isrc", 12):
            tracks = tracks.filter(recording__isrc=isrc.upper())
        if kind := choice_param(self.request, "kind", (Recording.Kind.AUDIO, Recording.Kind.VIDEO)):
            tracks = tracks.filter(recording__kind=kind)
        if artist := uid_param(self.request, "artist"):
            # A join would repeat a track for each part that the artist has in it.
            tracks = tracks.filter(recording__in=queries.recordings_of(artist))
        if release := uid_param(self.request, "release"):
            tracks = tracks.filter(release__uid=release)
        return tracks

    @extend_schema(
        operation_id="listTracks",
        tags=["catalogue"],
        parameters=[
            OpenApiParameter("kind", str, enum=["audio", "video"]),
            OpenApiParameter("artist", UID),
            OpenApiParameter("release", UID),
            OpenApiParameter("isrc", str, description="Every place of this recording."),
            UIDS,
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class TrackDetail(UidInPath, RetrieveAPIView[Track]):
    """One track, with all its credits."""

    permission_classes = (AllowAny,)
    serializer_class = TrackDetailSerializer

    def get_queryset(self) -> QuerySet[Track]:
        return queries.track_page_for(viewer_of(self.request))

    @extend_schema(operation_id="getTrack", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class LanguagePages(CursorPages):
    ordering = ("language", "id")


class TrackLyrics(UidInPath, ListAPIView[Lyrics]):
    """The words of a track, one entry a language. For whoever may play it: they are part of the recording."""

    permission_classes = (AllowAny,)
    pagination_class = LanguagePages
    serializer_class = LyricsSerializer

    def get_queryset(self) -> QuerySet[Lyrics]:
        return queries.lyrics_for(viewer_of(self.request), self.kwargs["uid"])

    @extend_schema(operation_id="listLyrics", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ArtistList(ListAPIView[Artist]):
    """Artists, newest first."""

    permission_classes = (AllowAny,)
    serializer_class = ArtistSerializer

    def get_queryset(self) -> QuerySet[Artist]:
        artists = queries.artists_for(viewer_of(self.request))
        uids = uids_param(self.request, "uids")
        return artists.filter(uid__in=uids) if uids else artists

    @extend_schema(operation_id="listArtists", tags=["catalogue"], parameters=[UIDS])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ArtistDetail(UidInPath, RetrieveAPIView[Artist]):
    """One artist."""

    permission_classes = (AllowAny,)
    serializer_class = ArtistDetailSerializer

    def get_queryset(self) -> QuerySet[Artist]:
        return queries.artists_for(viewer_of(self.request)).prefetch_related("aliases")

    @extend_schema(operation_id="getArtist", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ReleasePages(CursorPages):
    ordering = ("-released_on", "-id")


RELEASE_FILTERS = (
    OpenApiParameter("kind", str, enum=Release.Kind.values),
    OpenApiParameter("genre", str, description="Its slug."),
    OpenApiParameter("label", UID),
)


def _filtered(releases: QuerySet[Release], request: Request) -> QuerySet[Release]:
    if kind := choice_param(request, "kind", Release.Kind.values):
        releases = releases.filter(kind=kind)
    if genre := text_param(request, "genre", 40):
        releases = releases.filter(genres__slug=genre)
    if label := uid_param(request, "label"):
        releases = releases.filter(label__uid=label)
    return releases


class ReleaseList(ListAPIView[Release]):
    """Releases, newest first by their date."""

    permission_classes = (AllowAny,)
    pagination_class = ReleasePages
    serializer_class = ReleaseSerializer

    def get_queryset(self) -> QuerySet[Release]:
        viewer = viewer_of(self.request)
        if uids := uids_param(self.request, "uids"):
            return queries.known_releases_for(viewer).filter(uid__in=uids)
        releases = queries.releases_for(viewer)
        if artist := uid_param(self.request, "artist"):
            releases = releases.filter(credits__artist__uid=artist)
        if upc := text_param(self.request, "upc", 13):
            releases = releases.filter(upc=upc)
        return _filtered(releases, self.request)

    @extend_schema(
        operation_id="listReleases",
        tags=["catalogue"],
        parameters=[OpenApiParameter("artist", UID), OpenApiParameter("upc", str), *RELEASE_FILTERS, UIDS],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class NewReleaseList(ListAPIView[Release]):
    """Releases that are out in the viewer's market, newest first: what is only announced is not among them."""

    permission_classes = (AllowAny,)
    pagination_class = ReleasePages
    serializer_class = ReleaseSerializer

    def get_queryset(self) -> QuerySet[Release]:
        return _filtered(queries.new_releases_for(viewer_of(self.request)), self.request)

    @extend_schema(operation_id="listNewReleases", tags=["catalogue"], parameters=list(RELEASE_FILTERS))
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ReleaseDetail(UidInPath, RetrieveAPIView[Release]):
    """One release with its tracks."""

    permission_classes = (AllowAny,)
    serializer_class = ReleaseDetailSerializer

    def get_queryset(self) -> QuerySet[Release]:
        return queries.known_releases_for(viewer_of(self.request))

    @extend_schema(operation_id="getRelease", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        release = self.get_object()
        tracks = queries.tracks_of_release(viewer_of(request), release)
        rows = TrackSerializer(tracks, many=True, context=self.get_serializer_context())
        shown = ReleaseSerializer(release, context=self.get_serializer_context())
        return Response({**shown.data, "tracks": rows.data})


class NamePages(CursorPages):
    ordering = ("name", "id")


class LabelList(ListAPIView[Label]):
    """Labels with something to browse, by name."""

    permission_classes = (AllowAny,)
    pagination_class = NamePages
    serializer_class = LabelRefSerializer

    def get_queryset(self) -> QuerySet[Label]:
        return queries.labels_for(viewer_of(self.request))

    @extend_schema(operation_id="listLabels", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class LabelDetail(UidInPath, RetrieveAPIView[Label]):
    """One label; its releases are `/releases?label=`."""

    permission_classes = (AllowAny,)
    serializer_class = LabelRefSerializer

    def get_queryset(self) -> QuerySet[Label]:
        return queries.labels_for(viewer_of(self.request))

    @extend_schema(operation_id="getLabel", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class GenreList(ListAPIView[Genre]):
    """Genres with something to browse, by name."""

    permission_classes = (AllowAny,)
    pagination_class = NamePages
    serializer_class = GenreSerializer

    def get_queryset(self) -> QuerySet[Genre]:
        return queries.genres_for(viewer_of(self.request))

    @extend_schema(operation_id="listGenres", tags=["catalogue"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class MyArtists(ListAPIView[Membership]):
    """The artists whose team I am in, and whose dashboards I may see."""

    serializer_class = MyArtistSerializer

    def get_queryset(self) -> QuerySet[Membership]:
        return queries.artists_of_member(viewer_of(self.request))

    @extend_schema(operation_id="listMyArtists", tags=["me"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)
