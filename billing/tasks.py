import logging

from celery import shared_task

from billing import services
from billing.purchases import events, providers
from billing.purchases import services as purchases

log = logging.getLogger(__name__)


@shared_task(name="billing.push_viewer_records")
def push_viewer_records() -> None:
    services.push_viewers()


@shared_task(name="billing.fold_lapsed")
def fold_lapsed() -> None:
    services.fold_lapsed()


@shared_task(name="billing.process_event")
def process_event(event_pk: int) -> None:
    events.process_event(event_pk=event_pk)


@shared_task(name="billing.pick_up_events")
def pick_up_events() -> None:
    events.pick_up_events()


@shared_task(name="billing.check_due_purchases")
def check_due_purchases() -> None:
    purchases.check_due_purchases()


@shared_task(name="billing.reconcile")
def reconcile() -> None:
    for name in providers.configured():
        try:
            purchases.reconcile(provider=name)
        except providers.ProviderDown:
            log.warning("the nightly comparison is left to the next night", extra={"provider": name})
