"""django-allauth's token strategy [design §7]: flows end in one of our sessions, with our tokens.

A flow that is under way is named by a signed key of a Django session. Somebody who is signed in is named by an access
token, whose session is looked up in PostgreSQL each time: these are the sensitive steps.
"""

from typing import Any

from allauth.core.internal.httpkit import authenticated_user, get_authorization_credential
from allauth.headless.internal import sessionkit
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from rest_framework_simplejwt.exceptions import TokenError

from accounts.audit.services import Event, record
from accounts.flows.session import FlowSession
from accounts.sessions.client import client_of, country_of, is_web
from accounts.sessions.models import Session
from accounts.sessions.services import Client, SignedIn, start_session
from accounts.sessions.tokens import AccessToken
from streaming.api.address import client_address
from streaming.lib.signing import BadSignature, sign, unsign

FLOW_SECONDS = 3600
_PURPOSE = "flow"
_BEARER = "Bearer "
# What a sign-in notes about how it was done; the session keeps it.
_RECORDS = ("account_authentication_methods", "account_authentication_methods_user")


def _session_uid(access_token: str) -> str | None:
    try:
        return str(AccessToken(access_token)["sid"])  # type: ignore[arg-type]  # simplejwt's stub says Token
    except TokenError:
        return None


class SessionStrategy(AbstractTokenStrategy):
    def get_session_token(self, request: HttpRequest) -> str | None:
        """The access token where there is one, else the name of a pending flow; None for neither."""
        access_token = get_authorization_credential(request, "Bearer")
        if access_token is None:
            return request.headers.get("X-Session-Token")
        return _BEARER + access_token if _session_uid(access_token) else None

    def lookup_session(self, session_token: str) -> SessionBase | None:
        if session_token.startswith(_BEARER):
            uid = _session_uid(session_token.removeprefix(_BEARER))
            row = Session.objects.live().select_related("user").filter(uid=uid).first() if uid else None
            return FlowSession(row) if row else None
        session = self.lookup_flow(session_token)
        # Only flows that are under way: an admin's session, or one of old, signs nobody in here.
        return None if session is None or SESSION_KEY in session else session

    def lookup_flow(self, token: str) -> SessionBase | None:
        """The session that a flow token of ours names."""
        try:
            key = unsign(token, keys=settings.REFRESH_TOKEN_KEYS, purpose=_PURPOSE).decode()
        except (BadSignature, UnicodeDecodeError):
            return None
        session: SessionBase | None = sessionkit.lookup_session(key)
        return session

    def create_session_token(self, request: HttpRequest) -> str:
        """Names the pending flow; empty for somebody signed in, whose access token is the name."""
        if request.user.is_authenticated:
            return ""
        if not request.session.session_key:
            request.session.set_expiry(FLOW_SECONDS)
            request.session.save()
        return self.flow_token(request.session)

    def flow_token(self, session: SessionBase) -> str:
        """Names a saved session of a flow."""
        key = session.session_key or ""
        return sign(key.encode(), keys=settings.REFRESH_TOKEN_KEYS, purpose=_PURPOSE)

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any]:
        """What a flow that ends signed in adds to `meta`; a browser's refresh token goes into a cookie instead.

        The library makes more than one answer in some flows: the session is started once.
        """
        meta: dict[str, Any] | None = getattr(request, "tokens_of_flow", None)
        if meta is None:
            meta = request.tokens_of_flow = _start(request)  # type: ignore[attr-defined]
        return meta


def _start(request: HttpRequest) -> dict[str, Any]:
    signed_in = _start_session(request, client_of(request))
    meta: dict[str, Any] = {
        "access_token": signed_in.access_token,
        "expires_at": signed_in.expires_at,
        "session": str(signed_in.session.uid),
    }
    if is_web(request):
        request.refresh_token_for_cookie = signed_in.refresh_token  # type: ignore[attr-defined]
    else:
        meta["refresh_token"] = signed_in.refresh_token
    return meta


def start_for_browser(request: HttpRequest) -> str:
    """The refresh token of a flow that ended outside of the page: a navigation names no client."""
    client = Client(platform=Session.Platform.WEB, country=country_of(request))
    return _start_session(request, client).refresh_token


def _start_session(request: HttpRequest, client: Client) -> SignedIn:
    user = authenticated_user(request)
    state = {name: request.session[name] for name in _RECORDS if name in request.session}
    with transaction.atomic():
        signed_in = start_session(user=user, client=client, flow_state=state)
        record(
            Event.SIGNED_IN,
            user=signed_in.user,
            session_uid=signed_in.session.uid,
            address=client_address(request),
            # Without a record it was the code in the mail of a sign-up.
            details={"methods": [entry["method"] for entry in state.get(_RECORDS[0], [])] or ["code"]},
        )
    request.session.flush()
    return signed_in
