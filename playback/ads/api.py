from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponseRedirect
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.viewer import viewer_of
from playback.ads import services

MOST_TRACKS = 1000
MOST_MS = 2**31 - 1


class AskBreakSerializer(serializers.Serializer[Any]):
    tracks = serializers.IntegerField(
        min_value=0, max_value=MOST_TRACKS, help_text="Whole tracks played since the last break."
    )
    listened_ms = serializers.IntegerField(
        min_value=0, max_value=MOST_MS, help_text="Time rendered since the last break."
    )
    track = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="The track that just ended or comes next."
    )


class AdSerializer(serializers.Serializer[Any]):
    impression = serializers.CharField(help_text="Opaque; send it back once the ad was heard.")
    kind = serializers.ChoiceField(choices=["audio", "video"])
    link = serializers.URLField(help_text="HLS, signed.")
    expires_at = serializers.DateTimeField(help_text="When the link ends.")
    duration_ms = serializers.IntegerField()
    gain_db = serializers.FloatField(help_text="Gain to the common loudness of -14 LUFS.")
    advertiser = serializers.CharField()
    title = serializers.CharField()
    banner = serializers.URLField(allow_null=True, help_text="A square picture, signed.")
    click = serializers.CharField(allow_null=True, help_text="Where the banner leads; an address on this server.")


class NextBreakSerializer(serializers.Serializer[Any]):
    tracks = serializers.IntegerField(help_text="Ask again after so many whole tracks,")
    listened_ms = serializers.IntegerField(help_text="or after so much listening, whichever comes first.")


class BreakSerializer(serializers.Serializer[Any]):
    ad = AdSerializer(allow_null=True, help_text="Null: go on with the music.")
    next_break = NextBreakSerializer()


class HeardSerializer(serializers.Serializer[Any]):
    impression = serializers.CharField(max_length=500, trim_whitespace=False, help_text="As the break came.")
    listened_ms = serializers.IntegerField(min_value=0, max_value=MOST_MS, help_text="Time of the ad rendered.")


class CountedSerializer(serializers.Serializer[Any]):
    counted = serializers.BooleanField(help_text="Whether it counts, now or since an earlier call.")


class AdBreaksView(APIView):
    @extend_schema(operation_id="askAdBreak", request=AskBreakSerializer, responses=BreakSerializer, tags=["playing"])
    def post(self, request: Request) -> Response:
        """Whether an ad is to be played between the tracks now, and which. Asked by the player after a whole track."""
        asked = AskBreakSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        ad = services.give_break(
            viewer=viewer_of(request),
            tracks=given["tracks"],
            listened_ms=given["listened_ms"],
            track_uid=given["track"],
        )
        cadence = services.cadence()
        next_break = {"tracks": cadence.tracks, "listened_ms": cadence.listened_ms}
        return Response({"ad": _render(ad) if ad else None, "next_break": next_break})


def _render(ad: services.Ad) -> dict[str, Any]:
    return {
        "impression": ad.impression,
        "kind": ad.kind,
        "link": ad.link.url,
        "expires_at": datetime.fromtimestamp(ad.link.expires_at, UTC),
        "duration_ms": ad.duration_ms,
        "gain_db": ad.gain_db,
        "advertiser": ad.advertiser,
        "title": ad.title,
        "banner": ad.banner,
        "click": reverse("v1:ad-click", args=[ad.click]) if ad.click else None,
    }


class AdImpressionsView(APIView):
    @extend_schema(
        operation_id="countAdImpression", request=HeardSerializer, responses=CountedSerializer, tags=["playing"]
    )
    def post(self, request: Request) -> Response:
        """Report that an ad was heard. Sending again is safe: it counts once."""
        viewer = viewer_of(request)
        sent = HeardSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        assert viewer.user_uid is not None  # noqa: S101  the view needs a session
        counted = services.count_impression(
            user_id=viewer.known_user_id,
            user_uid=viewer.user_uid,
            token=sent.validated_data["impression"],
            listened_ms=sent.validated_data["listened_ms"],
        )
        return Response({"counted": counted})


class AdClickView(APIView):
    # A browser opens it as a page, without a token of ours.
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="followAd", responses={302: None}, tags=["playing"])
    def get(self, request: Request, token: str) -> HttpResponseRedirect:
        """Go to the advertiser's page. Only the address that is stored with the campaign is ever led to."""
        address = services.follow_click(token=token, counted=request.method == "GET")
        response = HttpResponseRedirect(address)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response
