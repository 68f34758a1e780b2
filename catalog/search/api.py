from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.viewer import viewer_of
from catalog.music.serializers import ArtistSerializer, ReleaseSerializer, TrackSerializer
from catalog.search.queries import search


class SearchRequestSerializer(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200)


class SearchSerializer(serializers.Serializer[Any]):
    query = serializers.CharField()
    tracks = TrackSerializer(many=True)
    artists = ArtistSerializer(many=True)
    releases = ReleaseSerializer(many=True)


class SearchView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="search",
        responses=SearchSerializer,
        tags=["catalogue"],
        parameters=[OpenApiParameter("q", str, required=True, description="Words, up to 200 characters.")],
    )
    def get(self, request: Request) -> Response:
        """Tracks, artists and releases whose names hold all the words; up to ten of each."""
        asked = SearchRequestSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        query = asked.validated_data["q"]
        found = search(viewer_of(request), query)
        body = {"query": query, "tracks": found.tracks, "artists": found.artists, "releases": found.releases}
        return Response(SearchSerializer(body, context={"request": request}).data)
