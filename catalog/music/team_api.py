"""Invitations to teams, as their link shows and answers them."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.sessions.api import own_session
from billing.viewer import Viewer, viewer_of
from catalog.music import teams
from catalog.music.models import Invitation, Membership

# What a link in a mail opens is nobody else's, so it stays in no cache.
PRIVATE = {"Cache-Control": "no-store"}


class TeamRefSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=["label", "artist"])
    uid = serializers.UUIDField()
    name = serializers.CharField()


class InvitationSerializer(serializers.Serializer[Any]):
    team = TeamRefSerializer()
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    invited_by = serializers.CharField(help_text="The name of who invited; empty where it is not known any more.")
    expires_at = serializers.DateTimeField()
    opens_admin = serializers.BooleanField(
        help_text="The team works in the staff admin, which nobody enters without an authenticator app."
    )
    is_mine = serializers.BooleanField(
        allow_null=True,
        help_text="Whether it went to a verified address of the account that asks; null when nobody is signed in.",
    )


def shown(invitation: Invitation, viewer: Viewer) -> dict[str, Any]:
    """Without the address that it went to: whoever holds the link need not learn it."""
    team = invitation.label or invitation.artist
    return {
        "team": {
            "kind": "label" if invitation.label else "artist",
            "uid": getattr(team, "uid", None),
            "name": str(team),
        },
        "role": invitation.role,
        "invited_by": invitation.invited_by.display_name if invitation.invited_by else "",
        "expires_at": invitation.expires_at,
        "opens_admin": invitation.label is not None,
        "is_mine": None if viewer.user_id is None else invitation.email in teams.addresses_of(viewer.user_id),
    }


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=100, help_text="What follows the # in the mail's link.")


def _token(request: Request) -> str:
    asked = TokenSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    token: str = asked.validated_data["token"]
    return token


class InvitationView(APIView):
    """POST, although nothing changes: a token in an address would stay in logs."""

    permission_classes = (AllowAny,)

    @extend_schema(
        operation_id="getInvitation", request=TokenSerializer, responses=InvitationSerializer, tags=["teams"]
    )
    def post(self, request: Request) -> Response:
        """What I am invited to, by the token of the mail's link. It can be read before signing in."""
        invitation = teams.find_invitation(token=_token(request))
        return Response(InvitationSerializer(shown(invitation, viewer_of(request))).data, headers=PRIVATE)


class InvitationAcceptView(APIView):
    @extend_schema(operation_id="acceptInvitation", request=TokenSerializer, responses={204: None}, tags=["teams"])
    def post(self, request: Request) -> Response:
        """Join the team. A verified address of mine has to be the one that the invitation went to."""
        teams.accept_invitation(token=_token(request), user=own_session(request).user)
        return Response(status=204)


class InvitationDeclineView(APIView):
    @extend_schema(operation_id="declineInvitation", request=TokenSerializer, responses={204: None}, tags=["teams"])
    def post(self, request: Request) -> Response:
        """Say no: the link is over, and the address is forgotten."""
        teams.decline_invitation(token=_token(request), user=own_session(request).user)
        return Response(status=204)
