from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.dashboards import queries
from analytics.dashboards.rules import DEFAULT_PERIOD, PERIODS
from billing.viewer import viewer_of
from catalog.music.serializers import ArtistRefSerializer, ArtworkField, ReleaseRefSerializer, TrackReleaseSerializer
from streaming.api.params import UidInPath, choice_param
from streaming.lib import clock


class DayStreamsSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    streams = serializers.IntegerField()
    previous_streams = serializers.IntegerField(help_text="Of the day as far into the previous period.")


class CountedTrackSerializer(serializers.Serializer[Any]):
    uid = serializers.UUIDField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(source="recording.kind", choices=["audio", "video"])
    release = serializers.SerializerMethodField()

    @extend_schema_field(TrackReleaseSerializer)
    def get_release(self, track: Any) -> Any:
        return {**ReleaseRefSerializer(track.release).data, "artwork": ArtworkField().to_representation(track)}


class TopTrackSerializer(serializers.Serializer[Any]):
    track = CountedTrackSerializer()
    streams = serializers.IntegerField()


class ArtistDashboardSerializer(serializers.Serializer[Any]):
    """All days are UTC days of receipt. The previous period is as long as this one and ends where it begins."""

    artist = ArtistRefSerializer()
    days = serializers.IntegerField(source="period.days")
    to = serializers.DateField(source="period.last", help_text="Today, which is not over.")
    counted_through = serializers.DateTimeField(
        allow_null=True, help_text="Every play received before this is in the numbers; null before the first count."
    )
    streams = serializers.IntegerField()
    previous_streams = serializers.IntegerField()
    by_day = DayStreamsSerializer(many=True)
    top_tracks = TopTrackSerializer(many=True, help_text="The ten most streamed at most.")
    rule = serializers.CharField(help_text="How streams are counted, for people.")

    def get_fields(self) -> Any:
        # A class body can't name a field `from`.
        return {**super().get_fields(), "from": serializers.DateField(source="period.first")}


class ArtistDashboardView(UidInPath, APIView):
    @extend_schema(
        operation_id="getArtistDashboard",
        responses=ArtistDashboardSerializer,
        tags=["dashboards"],
        parameters=[OpenApiParameter("days", int, enum=PERIODS, default=DEFAULT_PERIOD)],
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        """Streams by day and the most streamed tracks of an artist whose team you are in."""
        days = int(choice_param(request, "days", [str(days) for days in PERIODS]) or DEFAULT_PERIOD)
        dashboard = queries.artist_dashboard(viewer_of(request), self.kwargs["uid"], days=days, at=clock.now())
        if dashboard is None:
            raise Http404
        return Response(ArtistDashboardSerializer(dashboard).data)
