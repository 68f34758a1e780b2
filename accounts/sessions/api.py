from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.fields import empty
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import Token

from accounts.sessions import queries, services
from accounts.sessions.client import (
    REFRESH_COOKIE,
    country_of,
    drop_refresh_cookie,
    is_same_site,
    is_web,
    set_refresh_cookie,
)
from accounts.sessions.keys import JWKS_MAX_AGE, published_keys
from accounts.sessions.models import Session
from accounts.users.rules import NAME_SENTENCE, is_name
from streaming.api.pagination import CursorPages
from streaming.api.params import UidInPath
from streaming.lib.errors import Code, DomainError


def access_token(request: Request) -> Token:
    """The verified access token of a view that needs a session."""
    if not isinstance(request.auth, Token):
        raise NotAuthenticated
    return request.auth


def own_session(request: Request) -> Session:
    """The live session behind the request, from PostgreSQL: for what must not go on after it ended."""
    return queries.live_session(access_token(request)["sid"])


def require_proof(session: Session) -> None:
    """For sensitive steps. Raises REAUTHENTICATION_REQUIRED unless the user proved again who they are."""
    if not queries.has_fresh_proof(session):
        raise DomainError(
            Code.REAUTHENTICATION_REQUIRED,
            "This step needs your password, a code or a passkey again. The proof is good for five minutes.",
            status=403,
        )


class AnyTextField(serializers.CharField):
    """What is no token of ours is refused as one, whatever is wrong with it."""

    def run_validation(self, data: Any = empty) -> Any:
        return data if isinstance(data, str) else super().run_validation(data)


class RefreshSerializer(serializers.Serializer[Any]):
    refresh_token = AnyTextField(required=False, max_length=128, help_text="Apps only; browsers have a cookie.")
    attempt_id = serializers.RegexField(
        r"\A[A-Za-z0-9_-]{8,64}\Z",
        required=False,
        help_text="A random name of this attempt; send it again when the answer did not arrive.",
    )


class TokensSerializer(serializers.Serializer[services.SignedIn]):
    access_token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    refresh_token = serializers.CharField(allow_null=True, help_text="null in a browser: it is in the cookie.")
    session = serializers.UUIDField(source="session.uid")


class RefreshView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    limit_scope = "auth"

    @extend_schema(operation_id="refresh", request=RefreshSerializer, responses=TokensSerializer, tags=["auth"])
    def post(self, request: Request) -> Response:
        """Turn a refresh token into its successor and a new access token.

        In a browser the token is in a cookie and stays there. Send the same `attempt_id` again when an answer was lost.
        """
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        cookie = None if "refresh_token" in given else _token_from_cookie(request)
        signed_in = services.refresh_session(
            refresh_token=given["refresh_token"] if cookie is None else cookie,
            attempt_id=given.get("attempt_id", ""),
            country=country_of(request),
        )
        body = TokensSerializer(signed_in).data
        response = Response({**body, "refresh_token": None} if cookie is not None else body)
        if cookie is not None:
            set_refresh_cookie(response, signed_in.refresh_token)
        response["Cache-Control"] = "no-store"
        return response


def _token_from_cookie(request: Request) -> str:
    """Raises CSRF when another site asks, REFRESH_MISSING without a token."""
    token = request.COOKIES.get(REFRESH_COOKIE, "")
    if token and not is_same_site(request):
        raise DomainError(Code.CSRF, "The refresh cookie is only taken from our own page.", status=403)
    if not token:
        raise DomainError(Code.REFRESH_MISSING, "There is no refresh token. Sign in.", status=401)
    return token


class SignOutView(APIView):
    @extend_schema(operation_id="signOut", request=None, responses={204: None}, tags=["auth"])
    def post(self, request: Request) -> Response:
        """End this session; its access tokens are refused at once."""
        services.end_session(session_uid=access_token(request)["sid"], reason=Session.EndReason.SIGNED_OUT)
        return _gone(request)


class SignOutEverywhereSerializer(serializers.Serializer[Any]):
    keep_session = serializers.BooleanField(default=False, help_text="Stay signed in here.")


class SignOutEverywhereView(APIView):
    @extend_schema(
        operation_id="signOutEverywhere", request=SignOutEverywhereSerializer, responses={204: None}, tags=["auth"]
    )
    def post(self, request: Request) -> Response:
        """End all my sessions, or all others."""
        asked = SignOutEverywhereSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        session = own_session(request)
        keep = session.uid if asked.validated_data["keep_session"] else None
        services.end_sessions(user=session.user, reason=Session.EndReason.ENDED_ELSEWHERE, keep=keep)
        return Response(status=204) if keep else _gone(request)


def _gone(request: Request) -> Response:
    response = Response(status=204)
    if is_web(request):
        drop_refresh_cookie(response)
    return response


class SessionSerializer(serializers.ModelSerializer[Session]):
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ["uid", "name", "platform", "country", "created_at", "last_used_at", "is_current"]
        read_only_fields = ["uid", "platform", "country", "created_at", "last_used_at"]

    def get_is_current(self, session: Session) -> bool:
        return bool(str(session.uid) == self.context["current"])


class SessionNameSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)

    def validate_name(self, name: str) -> str:
        if not is_name(name):
            raise serializers.ValidationError(NAME_SENTENCE)
        return name


class SessionPages(CursorPages):
    ordering = ("-last_used_at", "-id")


class SessionList(ListAPIView[Session]):
    """Where I am signed in, the last used first."""

    serializer_class = SessionSerializer
    pagination_class = SessionPages

    def get_queryset(self) -> QuerySet[Session]:
        return queries.sessions_of(access_token(self.request)["sub"])

    def get_serializer_context(self) -> dict[str, Any]:
        return {"current": access_token(self.request)["sid"]}

    @extend_schema(operation_id="listMySessions", tags=["me"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class SessionDetail(UidInPath, APIView):
    def _session(self, request: Request) -> Session:
        own_session(request)
        return queries.session_of(access_token(request)["sub"], self.kwargs["uid"])

    @extend_schema(
        operation_id="renameMySession", request=SessionNameSerializer, responses=SessionSerializer, tags=["me"]
    )
    def patch(self, request: Request, uid: str) -> Response:
        """Name one of my sessions."""
        asked = SessionNameSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        session = services.rename_session(session=self._session(request), name=asked.validated_data["name"])
        return Response(SessionSerializer(session, context={"current": access_token(request)["sid"]}).data)

    @extend_schema(operation_id="endMySession", responses={204: None}, tags=["me"])
    def delete(self, request: Request, uid: str) -> Response:
        """Sign out elsewhere (or here)."""
        services.end_session(session_uid=self._session(request).uid, reason=Session.EndReason.ENDED_ELSEWHERE)
        return Response(status=204)


def jwks(request: HttpRequest) -> JsonResponse:
    """The public halves of the keys whose tokens are accepted, youngest first."""
    answer = JsonResponse({"keys": [key.jwk() for key in published_keys()]})
    answer["Cache-Control"] = f"public, max-age={int(JWKS_MAX_AGE.total_seconds())}"
    return answer
