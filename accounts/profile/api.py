from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.profile import services
from accounts.profile.rules import canonical_language
from accounts.sessions.api import own_session
from accounts.sessions.client import country_of
from accounts.users.models import User
from accounts.users.passwords import MAX_LENGTH
from accounts.users.rules import NAME_SENTENCE, is_name
from streaming.api.address import client_address

_NAMED = 20


class AccountSerializer(serializers.ModelSerializer[User]):
    explicit_locked = serializers.SerializerMethodField(help_text="Switching the filter off takes the PIN.")

    class Meta:
        model = User
        fields = ["uid", "email", "display_name", "market", "language", "hide_explicit", "explicit_locked"]
        read_only_fields = fields

    def get_explicit_locked(self, user: User) -> bool:
        return bool(user.explicit_lock)


class StrictSerializer(serializers.Serializer[Any]):
    # Who sends a market or a tier must not believe that it was set: what is not known is refused.
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := [name for name in data if name not in self.fields]):
            problem = serializers.ErrorDetail("This can't be set here.", code="unknown")
            raise serializers.ValidationError({_escaped(name): [problem] for name in unknown[:_NAMED]})
        return super().to_internal_value(data)


def _escaped(name: str) -> str:
    """As a token of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


class ProfileSerializer(StrictSerializer):
    """What is not sent stays; a field that is not here is refused."""

    display_name = serializers.CharField(required=False, max_length=80)
    language = serializers.CharField(
        required=False, max_length=35, help_text="A BCP 47 tag that the CLDR knows; answered in its canonical spelling."
    )
    hide_explicit = serializers.BooleanField(required=False, help_text="The filter: explicit tracks can't be played.")

    def validate_display_name(self, name: str) -> str:
        if not is_name(name):
            raise serializers.ValidationError(NAME_SENTENCE)
        return name

    def validate_language(self, tag: str) -> str:
        language = canonical_language(tag)
        if language is None:
            raise serializers.ValidationError("This is no language tag that we know, such as en or pt-BR.")
        return language


class NothingSerializer(StrictSerializer):
    """No body, or an empty object."""


class MarketView(APIView):
    @extend_schema(operation_id="setMyMarket", request=None, responses=AccountSerializer, tags=["me"])
    def post(self, request: Request) -> Response:
        """Move my market to the country I am in.

        Takes no body: the country is what the network says. Every fourteen days at most (`MARKET_TOO_SOON`).
        """
        NothingSerializer(data=request.data).is_valid(raise_exception=True)
        session = own_session(request)
        user = services.change_market(
            user=session.user,
            country=country_of(request),
            session_uid=session.uid,
            address=client_address(request),
        )
        return Response(AccountSerializer(user).data)


class PinSerializer(StrictSerializer):
    pin = serializers.RegexField(r"\A[0-9]{4,8}\Z", help_text="4 to 8 digits.")


class UnlockSerializer(StrictSerializer):
    pin = serializers.RegexField(r"\A[0-9]{4,8}\Z", required=False)
    password = serializers.CharField(required=False, max_length=MAX_LENGTH, trim_whitespace=False)

    def validate(self, given: dict[str, str]) -> dict[str, str]:
        if len(given) != 1:
            raise serializers.ValidationError("Send either the PIN or the password.")
        return given


class ExplicitLockView(APIView):
    @extend_schema(operation_id="lockMyExplicitFilter", request=PinSerializer, responses=AccountSerializer, tags=["me"])
    def put(self, request: Request) -> Response:
        """Switch the explicit-content filter on, and lock it with a PIN."""
        asked = PinSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = services.lock_explicit(user=own_session(request).user, pin=asked.validated_data["pin"])
        return Response(AccountSerializer(user).data)

    @extend_schema(operation_id="unlockMyExplicitFilter", responses={204: None}, tags=["me"])
    def delete(self, request: Request) -> Response:
        """Remove the lock: send `{"pin"}`, or `{"password"}` when the PIN is forgotten. The filter stays on."""
        asked = UnlockSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        session = own_session(request)
        services.unlock_explicit(
            user=session.user, session_uid=session.uid, address=client_address(request), **asked.validated_data
        )
        return Response(status=204)
