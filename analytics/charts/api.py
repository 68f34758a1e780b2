import re
from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.charts import queries
from analytics.charts.queries import MyTop, ShownChart
from analytics.charts.rules import BY_NAME, CHARTS, FORMULA, WORLDWIDE, Chart
from analytics.dashboards.rules import DEFAULT_PERIOD, PERIODS
from billing.viewer import viewer_of
from catalog.music.serializers import ArtistSerializer, TrackSerializer
from catalog.playlists.serializers import PlaylistSerializer
from streaming.api.params import choice_param, text_param
from streaming.lib import clock

OF = ["track", "artist", "playlist"]


class FormulaSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    text = serializers.CharField(help_text="What counts and what decides the order, for people.")


class PeriodSerializer(serializers.Serializer[Any]):
    """UTC days of receipt, both within."""

    to = serializers.DateField()

    def get_fields(self) -> Any:
        # A class body can't name a field `from`.
        return {"from": serializers.DateField(), **super().get_fields()}


class ChartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    of = serializers.ChoiceField(choices=OF)
    days = serializers.IntegerField(help_text="How long a period is.")
    period = PeriodSerializer(allow_null=True, help_text="The newest; null before the first is made.")
    countries = serializers.ListField(child=serializers.CharField(), help_text="Those with a chart of that period.")
    formula = FormulaSerializer()


class ChartsSerializer(serializers.Serializer[Any]):
    charts = ChartSerializer(many=True)


class WhySerializer(serializers.Serializer[Any]):
    """Why this rank: the counts that the formula is applied to."""

    streams = serializers.IntegerField(help_text="Those that count.")
    listeners = serializers.IntegerField(help_text="Different ones.")
    usual_listeners = serializers.FloatField(allow_null=True, help_text="Of an average day before; in trending only.")
    score = serializers.FloatField()


class ChartRowSerializer(serializers.Serializer[Any]):
    rank = serializers.IntegerField(source="row.rank")
    previous = serializers.IntegerField(source="row.previous", allow_null=True, help_text="One period earlier.")
    peak = serializers.IntegerField(source="row.peak", help_text="The best rank so far.")
    periods = serializers.IntegerField(source="row.periods", help_text="On the chart, with this one.")
    is_new = serializers.BooleanField(source="row.is_new")
    is_reentry = serializers.BooleanField(source="row.is_reentry", help_text="It was there, though not just before.")
    why = WhySerializer(source="row")
    track = TrackSerializer(allow_null=True)
    artist = ArtistSerializer(allow_null=True)
    playlist = PlaylistSerializer(allow_null=True)


class ChartDetailSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    title = serializers.CharField()
    of = serializers.ChoiceField(choices=OF)
    country = serializers.CharField(allow_null=True, help_text="Null: worldwide.")
    period = PeriodSerializer(allow_null=True, help_text="Null before the first is made.")
    formula = FormulaSerializer(help_text="That this period was made by.")
    rows = ChartRowSerializer(many=True, help_text="A rank that is missing is of what you may not see.")


class CountedTrackRowSerializer(serializers.Serializer[Any]):
    track = TrackSerializer()
    streams = serializers.IntegerField()


class CountedArtistRowSerializer(serializers.Serializer[Any]):
    artist = ArtistSerializer()
    streams = serializers.IntegerField()


class MyTopSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(source="period.days")
    to = serializers.DateField(source="period.last", help_text="Today, which is not over.")
    tracks = CountedTrackRowSerializer(many=True)
    artists = CountedArtistRowSerializer(many=True)

    def get_fields(self) -> Any:
        return {**super().get_fields(), "from": serializers.DateField(source="period.first")}


def _head(chart: Chart) -> dict[str, Any]:
    return {"name": chart.name.value, "title": chart.name.label, "of": chart.of}


def _formula(chart: Chart, version: int) -> dict[str, Any]:
    return {"version": version, "text": chart.formula(version)}


def _period(chart: Chart, last: date | None) -> dict[str, Any] | None:
    return None if last is None else {"from": chart.first_of(last), "to": last}


def _country_param(request: Request) -> str:
    given = text_param(request, "country", 2)
    if given is not None and not re.fullmatch(r"[A-Z]{2}", given):
        raise ValidationError({"country": ["Send an ISO 3166-1 alpha-2 code such as US."]})
    return given or WORLDWIDE


def _period_param(request: Request) -> date | None:
    given = text_param(request, "period", 10)
    if given is None:
        return None
    try:
        # Python reads more spellings of a date; a chart has one address.
        last = date.fromisoformat(given)
    except ValueError:
        last = None
    if last is None or last.isoformat() != given:
        raise ValidationError({"period": ["Send the last day of a period such as 2026-11-22."]})
    return last


class ChartsView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="listCharts", responses=ChartsSerializer, tags=["charts"])
    def get(self, request: Request) -> Response:
        """The charts that there are, their newest periods and countries."""
        newest = queries.overview()
        rows = []
        for chart in CHARTS:
            held = newest.get(chart.name, {"last": None, "countries": []})
            last = held["last"] and date.fromisoformat(held["last"])
            more = {"days": chart.days, "period": _period(chart, last), "countries": held["countries"]}
            rows.append({**_head(chart), **more, "formula": _formula(chart, FORMULA)})
        return Response(ChartsSerializer({"charts": rows}).data)


class ChartView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="getChart",
        responses=ChartDetailSerializer,
        tags=["charts"],
        parameters=[
            OpenApiParameter("country", str, description="Where it was played, such as DE; worldwide when left out."),
            OpenApiParameter(
                "period", {"type": "string", "format": "date"}, description="Its last day; the newest when left out."
            ),
        ],
    )
    def get(self, request: Request, chart: str) -> Response:
        """A chart as it was published, with what you may see of it, and why each rank is what it is."""
        country, last = _country_param(request), _period_param(request)
        if chart not in BY_NAME:
            raise Http404
        shown = queries.chart_for(viewer_of(request), BY_NAME[chart], country=country, last=last)
        if shown is None:
            raise Http404
        return Response(ChartDetailSerializer(_detail(shown), context={"request": request}).data)


def _detail(shown: ShownChart) -> dict[str, Any]:
    return {
        **_head(shown.chart),
        "country": shown.country or None,
        "period": _period(shown.chart, shown.last),
        "formula": _formula(shown.chart, shown.formula),
        "rows": shown.rows,
    }


class MyTopView(APIView):
    @extend_schema(
        operation_id="getMyTop",
        responses=MyTopSerializer,
        tags=["me"],
        parameters=[OpenApiParameter("days", int, enum=PERIODS, default=DEFAULT_PERIOD)],
    )
    def get(self, request: Request) -> Response:
        """The tracks and artists that I streamed most, twenty of each at most. Nobody else sees them."""
        days = int(choice_param(request, "days", [str(days) for days in PERIODS]) or DEFAULT_PERIOD)
        mine: MyTop = queries.my_top(viewer_of(request), days=days, at=clock.now())
        return Response(MyTopSerializer(mine, context={"request": request}).data)
