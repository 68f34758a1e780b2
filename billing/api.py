from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.privacy.services import erase_user
from accounts.profile.api import AccountSerializer, ProfileSerializer
from accounts.profile.services import change_profile
from accounts.sessions.api import own_session, require_proof
from billing.rules import Tier
from billing.viewer import viewer_of


class EntitlementsSerializer(serializers.Serializer[Any]):
    tier = serializers.ChoiceField(choices=[tier.value for tier in Tier])
    ad_free = serializers.BooleanField()
    offline = serializers.BooleanField()
    max_quality = serializers.CharField()
    devices = serializers.IntegerField()
    slots = serializers.IntegerField()
    ends_at = serializers.DateTimeField(allow_null=True)
    payment_problem = serializers.BooleanField()


class MeSerializer(AccountSerializer):
    entitlements = EntitlementsSerializer()

    class Meta(AccountSerializer.Meta):
        fields = [*AccountSerializer.Meta.fields, "entitlements"]
        read_only_fields = fields


class MeView(APIView):
    @extend_schema(operation_id="getMe", responses=MeSerializer, tags=["me"])
    def get(self, request: Request) -> Response:
        """My account, and what I may do now."""
        return _me(request, User.objects.get(pk=viewer_of(request).known_user_id))

    @extend_schema(operation_id="changeMe", request=ProfileSerializer, responses=MeSerializer, tags=["me"])
    def patch(self, request: Request) -> Response:
        """Change my name, my language, or the explicit-content filter. Anything else is refused."""
        asked = ProfileSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return _me(request, change_profile(user=own_session(request).user, **asked.validated_data))

    @extend_schema(operation_id="eraseMe", responses={204: None}, tags=["me"])
    def delete(self, request: Request) -> Response:
        """Erase my account for good: everything personal goes. Needs a proof that is at most five minutes old."""
        session = own_session(request)
        require_proof(session)
        erase_user(user=session.user)
        return Response(status=204)


def _me(request: Request, user: User) -> Response:
    entitlements = EntitlementsSerializer(asdict(viewer_of(request).entitlements)).data
    return Response({**AccountSerializer(user).data, "entitlements": entitlements})
