"""What a Stripe subscription is worth, from its JSON (API 2026-05-27.dahlia). Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.rules import Terms
from billing.states import State

# While Stripe tries a card again, access goes on this long; the rest of its tries are its own.
GRACE = timedelta(days=7)
STATES: Mapping[str, State] = {
    "trialing": State.TRIALING,
    "active": State.ACTIVE,
    "past_due": State.GRACE,
    "unpaid": State.UNPAID,
    "paused": State.PAUSED,
    "incomplete": State.INCOMPLETE,
    "incomplete_expired": State.ENDED,
    "canceled": State.ENDED,
}
# A dispute holds the money back until it is won; an inquiry (warning_…) does not.
DISPUTES_THAT_HOLD = frozenset({"needs_response", "under_review"})
CYCLE = frozenset({"subscription_create", "subscription_cycle"})


@dataclass(frozen=True)
class Payment:
    """The last payment for a period of a subscription: until when it paid, and what became of it."""

    paid_until: datetime | None = None
    is_refunded: bool = False
    dispute: str = ""

    @property
    def revoked_for(self) -> str:
        if self.dispute == "lost":
            return "dispute_lost"
        if self.dispute in DISPUTES_THAT_HOLD:
            return "dispute"
        return "refund" if self.is_refunded else ""


def instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def terms_of(subscription: Mapping[str, Any], payment: Payment, account: uuid.UUID | None, at: datetime) -> Terms:
    """What the subscription says, with what became of its last payment; `at` is when both were asked for."""
    state = STATES.get(subscription["status"], State.UNPAID)
    items = subscription["items"]["data"]
    begins = max(item["current_period_start"] for item in items)
    ends = instant(max(item["current_period_end"] for item in items))
    if state is State.TRIALING:
        ends = instant(subscription["trial_end"]) or ends
    cancels = instant(subscription.get("cancel_at"))
    renews = not subscription.get("cancel_at_period_end") and cancels is None
    if subscription.get("pause_collection") and state is State.ACTIVE:
        # The status stays, periods go by and nobody pays: what was paid is what counts.
        renews, ends = False, min(filter(None, [ends, payment.paid_until]), default=ends)
    if cancels is not None and ends is not None:
        ends = min(ends, cancels)
    if state is State.ENDED:
        renews, ends = False, instant(subscription.get("ended_at"))
    revoked_for = payment.revoked_for
    return Terms(
        external_id=subscription["id"],
        product_id=items[0]["price"]["id"],
        state=State.REVOKED if revoked_for else state,
        starts_at=datetime.fromtimestamp(subscription["start_date"], UTC),
        paid_until=ends,
        grace_until=_unpaid_since(begins, payment) + GRACE if state is State.GRACE else None,
        renews=renews and not revoked_for,
        revoked_at=at if revoked_for else None,
        revoked_for=revoked_for,
        is_sandbox=not subscription["livemode"],
        account=account,
    )


def _unpaid_since(begins: int, payment: Payment) -> datetime:
    """The grace is given once, however many periods Stripe lets go by without a payment."""
    begun = datetime.fromtimestamp(begins, UTC)
    return min(begun, payment.paid_until or begun)


def payment_for(invoices: list[Mapping[str, Any]]) -> tuple[datetime | None, str]:
    """(until when the newest paid period goes, the payment intent that paid it); (None, "") without one."""
    paid = [invoice for invoice in invoices if invoice["status"] == "paid" and _pays_for_a_period(invoice)]
    if not paid:
        return None, ""
    newest = max(paid, key=lambda invoice: invoice["created"])
    # What is given back for unused time has a period, too: that of the plan that was left.
    until = max((line["period"]["end"] for line in newest["lines"]["data"] if line["amount"] >= 0), default=None)
    intent = _intent_of(newest)
    if not intent and newest["billing_reason"] == "subscription_update":
        # Paid with what was left of the plan before: then that plan's payment is the one that counts.
        older = sorted(paid, key=lambda invoice: invoice["created"], reverse=True)
        intent = next(filter(None, map(_intent_of, older)), "")
    return instant(until), intent


def _intent_of(invoice: Mapping[str, Any]) -> str:
    payments = (invoice.get("payments") or {"data": []})["data"]
    intents = [entry["payment"].get("payment_intent") for entry in payments if entry["status"] == "paid"]
    return next((intent for intent in intents if intent), "")


def _pays_for_a_period(invoice: Mapping[str, Any]) -> bool:
    """A cycle's does, and that of a change of plan which began a new period; what a dearer plan costs more does not.

    Such a period begins when the invoice is made. Lines that give back unused time begin then, too: they are negative.
    """
    if invoice["billing_reason"] != "subscription_update":
        return invoice["billing_reason"] in CYCLE
    return any(
        line["amount"] > 0 and line["period"]["start"] == invoice["created"] and not _is_proration(line)
        for line in invoice["lines"]["data"]
    )


def _is_proration(line: Mapping[str, Any]) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return bool(details.get("proration"))


def subscription_of(invoice: Mapping[str, Any]) -> str | None:
    """The subscription that an invoice is for; there are others."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return details.get("subscription")


def subject_of(event: Mapping[str, Any]) -> str:
    """The id of what an event is about, as far as it can concern a subscription; "" for everything else.

    An invoice and a checkout name their subscription. It is only what Stripe is asked for, and a purchase's events then
    have one subject: when they come together, they are answered together.
    """
    about = event["data"]["object"]
    if about["object"] in {"refund", "dispute", "radar.early_fraud_warning"}:
        return str(about.get("charge") or about.get("payment_intent") or "")
    if about["object"] == "invoice":
        # The invoice that is only announced (invoice.upcoming) has no id.
        return str(subscription_of(about) or about.get("id") or "")
    if about["object"] == "checkout.session":
        return str(about.get("subscription") or about["id"])
    if about["object"] in {"subscription", "charge", "payment_intent", "customer"}:
        return str(about["id"])
    return ""
