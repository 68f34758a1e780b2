"""Asking the App Store what a subscription is worth now, and what it has told us lately."""

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain

from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.models.JWSRenewalInfoDecodedPayload import JWSRenewalInfoDecodedPayload
from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.LastTransactionsItem import LastTransactionsItem
from appstoreserverlibrary.models.NotificationHistoryRequest import NotificationHistoryRequest
from appstoreserverlibrary.models.StatusResponse import StatusResponse

from billing.apple import rules
from billing.apple.client import Client, Forged, asking, environments, is_configured, verified
from billing.apple.events import notification_in, subject_of
from billing.models import ProviderEvent, Purchase
from billing.purchases.providers import NoSuchPurchase
from billing.rules import Terms
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

log = logging.getLogger(__name__)

APPLE = "apple"
MANAGE_URL = "https://apps.apple.com/account/subscriptions"
# Apple tries to tell us something for three days; after a week everything has settled.
LATELY = timedelta(days=7)


def fetch(external_id: str) -> Terms:
    """The subscription as it is now, wherever it was bought. Raises NoSuchPurchase, ProviderDown."""
    at = clock.now()
    for environment in environments():
        try:
            return rules.terms_of(_last_of(external_id, environment), at)
        except NoSuchPurchase:
            continue
    raise NoSuchPurchase(external_id)


def _last_of(external_id: str, environment: Environment) -> rules.Last:
    """The answer names everything that this customer has in the app: only what was asked for is looked at."""
    with asking():
        answer = Client(environment).get_all_subscription_statuses(external_id)
    items = [item for item in _items(answer) if item.originalTransactionId == external_id]
    try:
        found = rules.newest([_read(item, environment) for item in items])
    except Forged as error:
        log.exception("the App Store's answer is not signed for this app", extra={"purchase": external_id})
        raise NoSuchPurchase(external_id) from error
    if found is None:
        raise NoSuchPurchase(external_id)
    return found


def _items(answer: StatusResponse) -> Iterator[LastTransactionsItem]:
    for group in answer.data or []:
        yield from group.lastTransactions or []


def _read(item: LastTransactionsItem, environment: Environment) -> rules.Last:
    signed, signed_renewal = item.signedTransactionInfo or "", item.signedRenewalInfo
    transaction = verified(lambda by: by.verify_and_decode_signed_transaction(signed), within=(environment,))
    renewal = JWSRenewalInfoDecodedPayload()
    if signed_renewal:
        renewal = verified(lambda by: by.verify_and_decode_renewal_info(signed_renewal), within=(environment,))
    return rules.Last(item.status, transaction, renewal)


def read_proof(proof: str) -> str:
    """The subscription that a transaction signed by Apple belongs to. Raises PURCHASE_INVALID.

    Whose it is and what it is worth is not read from it: it may be old, and it may be somebody else's.
    """
    try:
        transaction: JWSTransactionDecodedPayload = verified(lambda by: by.verify_and_decode_signed_transaction(proof))
    except Forged as error:
        sentence = "This is not a transaction that Apple has signed for this app."
        raise DomainError(Code.PURCHASE_INVALID, sentence, status=400) from error
    return transaction.originalTransactionId or ""


def recent_subjects(at: datetime) -> Iterator[str]:
    """What Apple has told us of, or has tried to, in the last days."""
    asked = NotificationHistoryRequest(
        startDate=int((at - LATELY).timestamp() * 1000), endDate=int(at.timestamp() * 1000)
    )
    # What was bought in the sandbox of a live installation gives nothing: it is not looked for.
    for environment in environments()[:1]:
        api, token, more = Client(environment), None, True
        while more:
            with asking():
                page = api.get_notification_history(token, asked)
            for item in page.notificationHistory or []:
                yield from _subject_in(item.signedPayload or "")
            token, more = page.paginationToken, bool(page.hasMore)


def _subject_in(signed_payload: str) -> Iterator[str]:
    try:
        subject = subject_of(notification_in(signed_payload))
    except Forged:
        log.exception("the App Store's history holds what is not signed for this app")
        return
    if subject:
        yield subject


class AppleApi:
    """billing.purchases.providers.ProviderApi for the App Store."""

    def is_configured(self) -> bool:
        return is_configured()

    def fetch(self, external_id: str) -> Terms:
        return fetch(external_id)

    def subjects_of(self, event: ProviderEvent) -> list[str]:
        return [event.subject]

    def after_commit(self, purchase: Purchase) -> None:
        """Apple wants to hear nothing."""

    def all_subjects(self) -> Iterable[str]:
        """There is no list of all: what we know of and is alive, and what notifications were about. Each once."""
        known = Purchase.objects.live().filter(provider=APPLE).values_list("external_id", flat=True)
        seen = set()
        for external_id in chain(known, recent_subjects(clock.now())):
            if external_id not in seen:
                seen.add(external_id)
                yield external_id

    def manage_url(self, purchase: Purchase) -> str | None:
        return MANAGE_URL
