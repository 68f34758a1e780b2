"""Revoking Sign in with Apple, as Apple asks of whoever lets people erase their account."""

import logging
from datetime import timedelta
from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialLogin, SocialToken
from allauth.socialaccount.providers.apple.client import AppleOAuth2Client
from allauth.socialaccount.providers.apple.views import AppleOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from accounts.flows.models import AppleToken
from accounts.users.models import User
from streaming.lib import clock
from streaming.lib.jobs import enqueue
from streaming.lib.sealing import seal, unseal

log = logging.getLogger(__name__)

REVOKE_URL = "https://appleid.apple.com/auth/revoke"
RETRY_AFTER = timedelta(minutes=5)


def _client(request: HttpRequest | None, app: Any) -> AppleOAuth2Client:
    return AppleOAuth2Client(request, app.client_id, app.secret, "POST", AppleOAuth2Adapter.access_token_url, None)


def exchange_code(*, request: HttpRequest, app: Any, code: str) -> SocialToken | None:
    """The tokens behind the code that an app got beside its id_token; None when Apple does not give them.

    Signing in does not need them: erasing later does.
    """
    try:
        answer = _client(request, app).get_access_token(code)
    except (OAuth2Error, requests.RequestException):
        log.warning("Apple gave no tokens for a code")
        return None
    return SocialToken(token=answer.get("access_token", ""), token_secret=answer.get("refresh_token", ""))


def keep_token(*, user: User, sociallogin: SocialLogin | None = None, **kwargs: Any) -> None:
    """Receiver of user_logged_in: the newest token of a user and client is kept, sealed."""
    token = getattr(sociallogin, "token", None)
    if sociallogin is None or sociallogin.account.provider != "apple" or not token or not token.token_secret:
        return
    client_id = str(sociallogin.account.extra_data.get("aud", ""))
    AppleToken.objects.update_or_create(user=user, client_id=client_id, defaults={"sealed": seal(token.token_secret)})


def let_go(*, user: User, **kwargs: Any) -> None:
    """Receiver of erasure_requested: in its transaction, so that no token is forgotten."""
    for token in AppleToken.objects.filter(user=user):
        token.user = None
        token.save(update_fields=["user"])
        enqueue("accounts.flows.revoke_apple", token.pk)


def revoke(*, token_id: int) -> bool:
    """Ask Apple to revoke one token that has no user any more; the row goes when Apple has done it."""
    with transaction.atomic():
        row = AppleToken.objects.select_for_update(skip_locked=True).filter(pk=token_id, user=None).first()
        if row is None:
            return False
        row.tried_at = clock.now()
        row.save(update_fields=["tried_at"])
        if not _is_revoked(row):
            return False
        row.delete()
    return True


def _is_revoked(row: AppleToken) -> bool:
    app = get_adapter().get_app(None, "apple", client_id=row.client_id)
    form = {
        "client_id": row.client_id,
        "client_secret": _client(None, app).generate_client_secret(),
        "token": unseal(row.sealed),
        "token_type_hint": "refresh_token",
    }
    try:
        with get_adapter().get_requests_session() as session:
            return bool(session.post(REVOKE_URL, data=form).status_code == requests.codes.ok)
    except requests.RequestException:
        log.warning("Apple did not answer; it is asked again", extra={"apple_token": row.pk})
        return False


def pick_up() -> int:
    """Queue again what Apple has not revoked yet."""
    due = Q(tried_at=None) | Q(tried_at__lt=clock.now() - RETRY_AFTER)
    ids = list(AppleToken.objects.filter(due, user=None).order_by("pk").values_list("pk", flat=True)[:100])
    for token_id in ids:
        enqueue("accounts.flows.revoke_apple", token_id)
    return len(ids)
