from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.plays import services
from analytics.plays.rules import Rejection, SentPlay
from analytics.plays.services import Status
from billing.viewer import viewer_of
from streaming.lib import clock

MOST_PLAYS = 500
MOST_MS = 2**31 - 1


class OffsetDateTimeField(serializers.DateTimeField):
    """A time with a UTC offset, which is kept: it says which date it was for the listener."""

    default_error_messages = {"naive": "Say the UTC offset, such as 2026-11-25T21:04:05+02:00."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.utcoffset() is None:
            self.fail("naive")
        super().enforce_timezone(value)  # refuses what lies outside the calendar in UTC
        return value


class PlaySerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(max_length=4096, trim_whitespace=False, help_text="As the play ticket came.")
    listened_ms = serializers.IntegerField(
        min_value=0, max_value=MOST_MS, help_text="Time actually rendered in milliseconds, not the playhead."
    )
    started_at = OffsetDateTimeField(help_text="With the listener's own UTC offset.")
    ended_at = OffsetDateTimeField(help_text="With the listener's own UTC offset.")


class PlaysSerializer(serializers.Serializer[Any]):
    plays = serializers.ListField(child=PlaySerializer(), min_length=1, max_length=MOST_PLAYS)


# oneOf, since the generator forgets that an enum can be null.
@extend_schema_field({"oneOf": [{"type": "string", "enum": [reason.value for reason in Rejection]}]})
class ReasonField(serializers.CharField):
    pass


class PlayResultSerializer(serializers.Serializer[Any]):
    play_id = serializers.UUIDField(allow_null=True, help_text="Null when the ticket is not one of yours.")
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    reason = ReasonField(allow_null=True, help_text="Why it was rejected; a closed list.")


class PlayResultsSerializer(serializers.Serializer[Any]):
    plays = PlayResultSerializer(many=True)


class PlaysView(APIView):
    @extend_schema(operation_id="sendPlays", request=PlaysSerializer, responses=PlayResultsSerializer, tags=["playing"])
    def post(self, request: Request) -> Response:
        """Report what was played, up to 500 at once and up to 60 days late.

        Sending again is safe: each play counts once. The answer has a row for each play, in order; what has an answer
        may be forgotten.
        """
        viewer = viewer_of(request)
        sent = PlaysSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        plays = [SentPlay(**row) for row in sent.validated_data["plays"]]
        assert viewer.user_id is not None  # noqa: S101  the view needs a session
        assert viewer.user_uid is not None  # noqa: S101
        results = services.record_plays(
            user_id=viewer.user_id, user_uid=viewer.user_uid, plays=plays, received_at=clock.now()
        )
        return Response({"plays": [{"play_id": r.play_id, "status": r.status, "reason": r.reason} for r in results]})
