"""Stripe's events: verified with our own secrets, kept by dj-stripe's table, queued with everybody else's."""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import stripe
from django.conf import settings
from django.db import transaction
from djstripe.models import Event

from billing.purchases.events import store_event
from billing.stripe.privacy import without_person
from billing.stripe.rules import subject_of

log = logging.getLogger(__name__)

TOLERANCE_SECONDS = 300
REQUIRED = frozenset({"id", "type", "livemode", "created", "data"})


class Forged(Exception):
    """The body is not signed with one of our secrets, or the signature is old."""


def verified(body: bytes, signature: str) -> dict[str, Any]:
    """The event in the body. Only our own secrets decide, whatever other headers say. Raises Forged."""
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(body.decode(), signature, secret, TOLERANCE_SECONDS)
            event = json.loads(body)
        except (stripe.SignatureVerificationError, ValueError):
            continue
        if isinstance(event, dict) and event.get("object") == "event" and event.keys() >= REQUIRED:
            return event
    raise Forged


def keep(event: dict[str, Any]) -> None:
    """Store the event, once, and queue it; a test's event is no news to a live installation, nor the reverse."""
    if event["livemode"] is not settings.STRIPE_LIVE_MODE:
        log.warning("an event of Stripe's other mode was left out", extra={"event": event["id"]})
        return
    with transaction.atomic():
        Event.objects.bulk_create([_row(event)], ignore_conflicts=True)
        store_event(provider="stripe", event_id=event["id"], kind=event["type"], subject=subject_of(event))
    if event["type"].startswith("radar.early_fraud_warning"):
        log.error("Stripe warns of fraud: look at the payment", extra={"event": event["id"]})


def _row(event: dict[str, Any]) -> Event:
    """Without what is personal: nothing is decided by it, and it would have to be found again to be erased."""
    event = without_person(event)
    request = event.get("request") or {}
    return Event(
        id=event["id"],
        type=event["type"],
        api_version=event.get("api_version") or "",
        livemode=event["livemode"],
        created=datetime.fromtimestamp(event["created"], UTC),
        data=event["data"],
        request_id=request.get("id") or "",
        idempotency_key=request.get("idempotency_key") or "",
        stripe_data=event,
    )
