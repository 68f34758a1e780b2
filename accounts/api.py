from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from accounts import services
from accounts.emails import normalise_email
from accounts.models import User
from accounts.rules import market_from_headers
from accounts.tokens import signing_keys


def market_of(request: Request) -> str:
    return market_from_headers(request.headers, origin_secret=settings.ORIGIN_SECRET, default=settings.DEFAULT_MARKET)


class AccountSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ["uid", "email", "display_name", "market"]
        read_only_fields = fields


class SignedInSerializer(serializers.Serializer[services.SignedIn]):
    access_token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    user = AccountSerializer()


class AddressField(serializers.EmailField):
    """An e-mail address. It is spelt as in our tables first and checked then: NFKC makes some characters longer, and
    others into an @."""

    def to_internal_value(self, data: Any) -> str:
        return normalise_email(super().to_internal_value(data))


class SignInSerializer(serializers.Serializer[Any]):
    email = AddressField(max_length=254)
    password = serializers.CharField(max_length=128, trim_whitespace=False)


class SignUpSerializer(SignInSerializer):
    display_name = serializers.CharField(max_length=80)


class SignUpView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="signUp", request=SignUpSerializer, responses={201: SignedInSerializer}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Create an account and sign in."""
        asked = SignUpSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        signed_in = services.sign_up(**asked.validated_data, market=market_of(request))
        return Response(SignedInSerializer(signed_in).data, status=201)


class SignInView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="signIn", request=SignInSerializer, responses=SignedInSerializer, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Sign in with address and password; the access token lives ten minutes."""
        asked = SignInSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(SignedInSerializer(services.sign_in(**asked.validated_data)).data)


class SignOutView(APIView):
    @extend_schema(operation_id="signOut", request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """End this session; its access tokens are refused at once."""
        services.end_session(session_uid=access_token(request)["sid"])
        return Response(status=204)


def access_token(request: Request) -> Token:
    """The verified access token of a view that needs a session."""
    if not isinstance(request.auth, Token):
        raise NotAuthenticated
    return request.auth


def jwks(request: HttpRequest) -> JsonResponse:
    """The public halves of the signing keys, current and previous."""
    answer = JsonResponse({"keys": [key.jwk() for key in signing_keys()]})
    answer["Cache-Control"] = "public, max-age=300"
    return answer
