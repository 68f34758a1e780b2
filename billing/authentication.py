"""API authentication: access token, deny list and viewer record, in one Redis round trip and without SQL."""

import uuid
from datetime import datetime
from typing import Any

from rest_framework_simplejwt.tokens import Token

from accounts.sessions.authentication import AccessTokenAuthentication, SessionEnded
from accounts.sessions.denials import SENTINEL, deny_key, is_live, restore_after_a_wipe
from billing.viewer import Viewer, fill_record, parse_entitlements, parse_record, record_key
from streaming.lib import clock, redis


class ViewerAuthentication(AccessTokenAuthentication):
    """`request.user` is a Viewer. With Redis down, a valid token is enough until it expires (design §7)."""

    def get_user(self, validated_token: Token) -> Any:
        user_uid, session_uid = validated_token["sub"], validated_token["sid"]
        try:
            denied, ready, raw = redis.get_many(deny_key(session_uid), SENTINEL, record_key(user_uid))
        except redis.RedisUnavailable:
            denied, ready, raw = None, b"unknown", None
        if not ready:
            # Redis was wiped: no key denies what ended before. The row is asked, and the keys are written again.
            restore_after_a_wipe()
            denied = None if is_live(session_uid) else b"1"
        if denied:
            raise SessionEnded
        return _viewer(user_uid, session_uid, parse_record(raw))


def _viewer(user_uid: str, session_uid: str, record: dict[str, Any] | None) -> Viewer:
    body = record if record is not None and not _has_lapsed(record) else fill_record(user_uid)
    if body is None or not body["active"]:
        raise SessionEnded
    return Viewer(
        user_id=body["id"],
        user_uid=uuid.UUID(user_uid),
        session_uid=uuid.UUID(session_uid),
        market=body["market"],
        entitlements=parse_entitlements(body),
        hide_explicit=body["hide_explicit"],
    )


def _has_lapsed(body: dict[str, Any]) -> bool:
    valid_until = body["entitlements"]["valid_until"]
    return valid_until is not None and datetime.fromisoformat(valid_until) <= clock.now()
