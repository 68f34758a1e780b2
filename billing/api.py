from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import AccountSerializer
from accounts.models import User
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
        viewer = viewer_of(request)
        user = User.objects.get(pk=viewer.known_user_id)
        entitlements = EntitlementsSerializer(asdict(viewer.entitlements)).data
        return Response({**AccountSerializer(user).data, "entitlements": entitlements})
