from datetime import UTC, datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.viewer import viewer_of
from catalog.music.serializers import RestrictionSerializer
from catalog.rights.rules import Playability
from playback import services
from playback.tickets import PlayContext

CONTEXTS = ("album", "artist", "playlist", "search", "browse", "dashboard")


class ContextSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=CONTEXTS, help_text="What it is played from.")
    uid = serializers.UUIDField(required=False, allow_null=True, default=None)


class TicketItemSerializer(serializers.Serializer[Any]):
    track = serializers.UUIDField()
    context = ContextSerializer(required=False)  # type: ignore[assignment]  # a field named context


class PlayTicketsSerializer(serializers.Serializer[Any]):
    items = serializers.ListField(child=TicketItemSerializer(), min_length=1, max_length=5)


# Validation keeps no state in a serializer, and making one for each request costs more than the ticket itself.
_REQUEST = PlayTicketsSerializer()


def _item(checked: dict[str, Any]) -> services.TicketItem:
    context = checked.get("context") or {"kind": "browse", "uid": None}
    return services.TicketItem(checked["track"], PlayContext(context["kind"], context["uid"]))


class TicketAnswerSerializer(serializers.Serializer[Any]):
    """With `is_playable` false only `track` and `restriction` are there; a preview comes with both."""

    track = serializers.UUIDField()
    is_playable = serializers.BooleanField()
    restriction = RestrictionSerializer(required=False)
    play_id = serializers.UUIDField(required=False)
    ticket = serializers.CharField(required=False, help_text="Opaque; send it back with the play.")
    link = serializers.URLField(required=False, help_text="HLS, signed; ask for a new one on any media error.")
    expires_at = serializers.DateTimeField(required=False, help_text="When the link ends; six hours.")
    presentation = serializers.ChoiceField(choices=["full", "preview"], required=False)
    kind = serializers.ChoiceField(choices=["audio", "video"], required=False)
    duration_ms = serializers.IntegerField(required=False)
    gain_db = serializers.FloatField(required=False, help_text="Gain to the common loudness of -14 LUFS.")


class TicketAnswersSerializer(serializers.Serializer[Any]):
    items = TicketAnswerSerializer(many=True)


class PlayTicketsView(APIView):
    # The script that reads the tracks counts, too: a limit of its own in the same round trip.
    throttle_classes = ()

    @extend_schema(
        operation_id="createPlayTickets",
        request=PlayTicketsSerializer,
        responses=TicketAnswersSerializer,
        tags=["playing"],
    )
    def post(self, request: Request) -> Response:
        """A ticket and a link for each of one to five items, or why not. Every listen is a new ticket."""
        asked = _REQUEST.run_validation(request.data)
        items = [_item(checked) for checked in asked["items"]]
        answers = services.issue_tickets(viewer=viewer_of(request), items=items)
        return Response({"items": [_render(item, answer) for item, answer in zip(items, answers, strict=True)]})


def _render(item: services.TicketItem, answer: services.Playable | Playability) -> dict[str, Any]:
    if isinstance(answer, Playability):
        restriction = RestrictionSerializer(answer.restriction).data
        return {"track": item.track_uid, "is_playable": False, "restriction": restriction}
    why = {"restriction": RestrictionSerializer(answer.restriction).data} if answer.restriction else {}
    return {
        "track": item.track_uid,
        "is_playable": True,
        **why,
        "play_id": answer.play_id,
        "ticket": answer.ticket,
        "link": answer.link.url,
        "expires_at": datetime.fromtimestamp(answer.link.expires_at, UTC),
        "presentation": answer.presentation,
        "kind": answer.kind,
        "duration_ms": answer.duration_ms,
        "gain_db": answer.gain_db,
    }
