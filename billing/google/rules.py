"""What a Google Play subscription is worth (SubscriptionPurchaseV2), and what a notification says. Pure."""

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from billing.rules import Terms
from billing.states import State

# Nobody says how long a token can be; those that are seen have some 150 to 250 characters of these.
TOKEN = re.compile(r"[A-Za-z0-9._-]{20,500}")
STATES: Mapping[str, State] = {
    "SUBSCRIPTION_STATE_PENDING": State.INCOMPLETE,
    "SUBSCRIPTION_STATE_ACTIVE": State.ACTIVE,
    "SUBSCRIPTION_STATE_IN_GRACE_PERIOD": State.GRACE,
    "SUBSCRIPTION_STATE_ON_HOLD": State.UNPAID,
    "SUBSCRIPTION_STATE_PAUSED": State.PAUSED,
    # Cancelled is paid until its expiry, and does not renew.
    "SUBSCRIPTION_STATE_CANCELED": State.ACTIVE,
    "SUBSCRIPTION_STATE_EXPIRED": State.ENDED,
    "SUBSCRIPTION_STATE_PENDING_PURCHASE_CANCELED": State.ENDED,
}
# Nothing was paid yet, or ever: the subscription that it would have continued goes on.
NEVER_BEGAN = frozenset({"SUBSCRIPTION_STATE_PENDING", "SUBSCRIPTION_STATE_PENDING_PURCHASE_CANCELED"})
KINDS: Mapping[int, str] = {
    1: "RECOVERED",
    2: "RENEWED",
    3: "CANCELED",
    4: "PURCHASED",
    5: "ON_HOLD",
    6: "IN_GRACE_PERIOD",
    7: "RESTARTED",
    8: "PRICE_CHANGE_CONFIRMED",
    9: "DEFERRED",
    10: "PAUSED",
    11: "PAUSE_SCHEDULE_CHANGED",
    12: "REVOKED",
    13: "EXPIRED",
    17: "ITEMS_CHANGED",
    18: "CANCELLATION_SCHEDULED",
    19: "PRICE_CHANGE_UPDATED",
    20: "PENDING_PURCHASE_CANCELED",
    22: "PRICE_STEP_UP_CONSENT_UPDATED",
}
VOIDED_SUBSCRIPTION = 1
_NEVER = datetime.min.replace(tzinfo=UTC)


class Malformed(ValueError):
    """Not a notification as Google sends them."""


@dataclass(frozen=True)
class Notification:
    """One developer notification. `subject` is the purchase token it is about; "" where there is nothing to ask."""

    event_id: str
    package: str
    kind: str
    subject: str
    payload: dict[str, Any]


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def terms_of(token: str, found: Mapping[str, Any], at: datetime) -> Terms:
    """What the purchase says at `at`, when it was asked for.

    In grace Google moves the expiry to the end of the grace. A purchase of several items counts as the one that lasts
    longest; an item that begins at the next renewal has no expiry yet.
    """
    said = found["subscriptionState"]
    state = STATES.get(said, State.UNPAID)
    item = max(found["lineItems"], key=lambda one: instant(one.get("expiryTime")) or _NEVER)
    ends = instant(item.get("expiryTime"))
    is_going_on = said not in NEVER_BEGAN and said != "SUBSCRIPTION_STATE_CANCELED" and state is not State.ENDED
    if state is State.ACTIVE and "freeTrial" in item.get("offerPhase", {}):
        state = State.TRIALING
    return Terms(
        external_id=token,
        product_id=_product_of(item),
        state=state,
        starts_at=instant(found.get("startTime")) or at,
        paid_until=ends,
        grace_until=ends if state is State.GRACE else None,
        renews=is_going_on and bool(item.get("autoRenewingPlan", {}).get("autoRenewEnabled")),
        is_sandbox="testPurchase" in found,
        account=_account_of(found),
        replaces="" if said in NEVER_BEGAN else _replaced_by(found),
        is_acknowledged=found.get("acknowledgementState") != "ACKNOWLEDGEMENT_STATE_PENDING",
    )


def _product_of(item: Mapping[str, Any]) -> str:
    plan = item.get("offerDetails", {}).get("basePlanId")
    return f"{item['productId']}:{plan}" if plan else str(item["productId"])


def _account_of(found: Mapping[str, Any]) -> uuid.UUID | None:
    """The account that our app named at the purchase; for one made in Google's own pages, the last one's."""
    outside = found.get("outOfAppPurchaseContext", {}).get("expiredExternalAccountIdentifiers", {})
    named = found.get("externalAccountIdentifiers", outside).get("obfuscatedExternalAccountId", "")
    try:
        return uuid.UUID(named)
    except ValueError:
        return None


def _replaced_by(found: Mapping[str, Any]) -> str:
    outside = found.get("outOfAppPurchaseContext", {}).get("expiredPurchaseToken", "")
    return str(found.get("linkedPurchaseToken") or outside)


def notification_of(body: bytes) -> Notification:
    """What a Pub/Sub push carries. Raises Malformed; everything in the answer can be stored."""
    pushed = _object(body)
    message = pushed.get("message")
    if not isinstance(message, dict):
        raise Malformed("no message")
    data = message.get("data")
    try:
        said = _object(base64.b64decode(data, validate=True) if isinstance(data, str) else b"")
    except ValueError as error:
        raise Malformed("the data is not base64 of JSON") from error
    event_id, package = message.get("messageId"), said.get("packageName")
    if not isinstance(event_id, str) or not 1 <= len(event_id) <= 200 or not isinstance(package, str):
        raise Malformed("no id or no package")
    kind, subject, part = _news_of(said)
    if subject and not TOKEN.fullmatch(subject):
        raise Malformed("no purchase token")
    details = {"eventTimeMillis": said.get("eventTimeMillis"), **part}
    payload = {name: value for name, value in details.items() if isinstance(value, str | int)}
    return Notification(event_id, package, kind, subject, payload)


def _news_of(said: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """(kind, purchase token, details). What is no subscription's is kept, and not worked on."""
    if isinstance(part := said.get("subscriptionNotification"), dict):
        number = part.get("notificationType")
        name = KINDS.get(number, str(number)[:20]) if isinstance(number, int) else "UNKNOWN"
        return f"SUBSCRIPTION_{name}", _token(part), part
    if isinstance(part := said.get("voidedPurchaseNotification"), dict):
        is_ours = part.get("productType", VOIDED_SUBSCRIPTION) == VOIDED_SUBSCRIPTION
        return "VOIDED_PURCHASE", _token(part) if is_ours else "", part
    for name, kind in (("testNotification", "TEST"), ("oneTimeProductNotification", "ONE_TIME_PRODUCT")):
        if isinstance(part := said.get(name), dict):
            return kind, "", part
    return "UNKNOWN", "", {}


def _token(part: Mapping[str, Any]) -> str:
    token = part.get("purchaseToken")
    if not isinstance(token, str) or not token:
        raise Malformed("no purchase token")
    return token


def _object(text: bytes) -> dict[str, Any]:
    """The parser refuses what a database can't hold (NaN, half characters); what is left is NUL."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed("no JSON") from error
    if not isinstance(found, dict) or b"\\u0000" in text:
        raise Malformed("no JSON object, or one with NUL in it")
    return found
