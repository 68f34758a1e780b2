"""The viewer: who is asking, with market and entitlements. Read from its record in Redis, and from SQL without it."""

import uuid
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from django.conf import settings
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts.models import User
from accounts.users.rules import market_from_headers
from billing.entitlements import Entitlements, Tier, entitlements_for
from billing.models import ViewerVersion
from streaming.lib import clock, records


@dataclass(frozen=True)
class Viewer:
    """Who is asking. Nobody signed in has no user and the tier free; `session_uid` is of the access token."""

    user_id: int | None
    user_uid: uuid.UUID | None
    session_uid: uuid.UUID | None
    market: str
    entitlements: Entitlements
    hide_explicit: bool

    @property
    def is_authenticated(self) -> bool:
        """What DRF's permissions ask."""
        return self.user_id is not None

    @property
    def known_user_id(self) -> int:
        """For views that need a session: the user is there."""
        if self.user_id is None:
            raise NotAuthenticated
        return self.user_id


def record_key(user_uid: str) -> str:
    return f"viewer:{user_uid}"


def render_record(user: User, at: datetime) -> dict[str, Any]:
    """The record's body: {"id", "active", "market", "hide_explicit", "entitlements": {...}}."""
    return {
        "id": user.pk,
        "active": user.is_active,
        "market": user.market,
        "hide_explicit": user.hide_explicit,
        "entitlements": asdict(entitlements_for(user, at)),
    }


_FIELDS = frozenset({"id", "active", "market", "hide_explicit", "entitlements"})
_ENTITLEMENTS = frozenset(field.name for field in fields(Entitlements))


def parse_record(raw: bytes | None) -> dict[str, Any] | None:
    """The record's body; None when SQL must answer: there is no record, or another release of ours wrote it."""
    body = records.parse(raw, fields=_FIELDS)
    if body is None or not isinstance(body["entitlements"], dict) or body["entitlements"].keys() != _ENTITLEMENTS:
        return None
    return body


def fill_record(user_uid: str) -> dict[str, Any] | None:
    """Read the viewer from SQL and put the record back; None when there is no such user.

    The version is read before what it describes, so a change in between makes the record newer than its version says,
    never older.
    """
    user = User.objects.filter(uid=user_uid).first()
    if user is None:
        return None
    version = ViewerVersion.objects.filter(user=user).values_list("record_version", flat=True).first() or 0
    body = render_record(User.objects.get(pk=user.pk), clock.now())
    records.fill(record_key(user_uid), version, body)
    return body


def parse_entitlements(body: dict[str, Any]) -> Entitlements:
    held = dict(body["entitlements"])
    for name in ("valid_until", "ends_at"):
        if isinstance(held[name], str):
            held[name] = datetime.fromisoformat(held[name])
    held["tier"] = Tier(held["tier"])
    held["from_providers"] = tuple(held["from_providers"])
    return Entitlements(**held)


def nobody(request: Request) -> Viewer:
    market = market_from_headers(request.headers, origin_secret=settings.ORIGIN_SECRET, default=settings.DEFAULT_MARKET)
    return Viewer(
        user_id=None,
        user_uid=None,
        session_uid=None,
        market=market,
        entitlements=Entitlements(),
        hide_explicit=False,
    )


def viewer_of(request: Request) -> Viewer:
    """The viewer of an API request, signed in or not."""
    return request.user if isinstance(request.user, Viewer) else nobody(request)
