"""Events of providers: stored once before they are answered, and worked off until they are done."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from billing.models import ProviderEvent
from billing.purchases import providers
from billing.purchases.providers import NoSuchPurchase, ProviderDown
from billing.purchases.rules import retry_at
from billing.purchases.services import sync_purchase
from streaming.lib import clock
from streaming.lib.jobs import enqueue

log = logging.getLogger(__name__)

TASK = "billing.process_event"
# How long a worker that took an event may be away before another takes it.
CLAIM = timedelta(seconds=60)


def store_event(
    *, provider: str, event_id: str, kind: str, subject: str, payload: dict[str, Any] | None = None
) -> None:
    """Store and queue an event, once however often it comes. With `subject` "" it is kept and not worked on.

    Of two deliveries at once the INSERT takes one; queueing a job twice does no harm.
    """
    # In a caller's transaction without a savepoint: that would be two more questions while the provider waits.
    with transaction.atomic(savepoint=False):
        event = ProviderEvent(provider=provider, event_id=event_id, type=kind, subject=subject, payload=payload or {})
        if not subject:
            event.processed_at = clock.now()
        event.try_at = clock.now() + CLAIM
        ProviderEvent.objects.bulk_create([event], ignore_conflicts=True)
        waiting = ProviderEvent.objects.filter(provider=provider, event_id=event_id, processed_at=None)
        for pk in waiting.values_list("pk", flat=True):
            enqueue(TASK, pk)


def process_event(*, event_pk: int) -> None:
    """Ask the provider about what the event names, and write that down. Any order, any number of times."""
    event = ProviderEvent.objects.filter(pk=event_pk, processed_at=None).first()
    if event is None:
        return
    begun = clock.now()
    try:
        subjects = providers.api_of(event.provider).subjects_of(event)
        ProviderEvent.objects.filter(pk=event.pk).update(purchases=subjects)
        for external_id in subjects:
            sync_purchase(
                provider=event.provider,
                external_id=external_id,
                cause=f"{event.provider} {event.type} {event.event_id}",
            )
    except ProviderDown as error:
        log.warning("an event waits: its provider does not answer", extra={"event": event.event_id})
        _try_again(event, str(error))
        return
    except NoSuchPurchase:
        ProviderEvent.objects.filter(pk=event.pk).update(processed_at=clock.now(), note="its provider knows it no more")
        return
    except Exception as error:
        # A defect of ours: it is in the log, and the event is tried again for the release that mends it.
        log.exception("an event could not be worked off", extra={"event": event.event_id})
        _try_again(event, f"{type(error).__name__}: {error}")
        return
    # What came before we asked is in the answer: a burst of events costs one question. So is what is about the purchase
    # itself, where this event was about something of it, such as an invoice.
    ProviderEvent.objects.filter(
        provider=event.provider, subject__in=[event.subject, *subjects], received_at__lt=begun, processed_at=None
    ).update(processed_at=clock.now(), purchases=subjects)
    ProviderEvent.objects.filter(pk=event.pk).update(processed_at=clock.now())


def _try_again(event: ProviderEvent, why: str) -> None:
    ProviderEvent.objects.filter(pk=event.pk).update(
        attempts=F("attempts") + 1, try_at=retry_at(event.attempts, clock.now()), note=why[:200]
    )


def pick_up_events(*, limit: int = 200) -> int:
    """Queue what a crash, a broker or a provider that was down left behind; returns how many."""
    now = clock.now()
    waiting = ProviderEvent.objects.filter(processed_at=None, try_at__lte=now).order_by("try_at")
    pks = list(waiting.values_list("pk", flat=True)[:limit])
    with transaction.atomic():
        ProviderEvent.objects.filter(pk__in=pks).update(try_at=now + CLAIM)
        for pk in pks:
            enqueue(TASK, pk)
    return len(pks)
