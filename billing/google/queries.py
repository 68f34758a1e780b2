"""Asking Google Play, and what we know of its purchases."""

import logging
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q

from billing.google import client, rules
from billing.models import ProviderEvent, Purchase
from billing.purchases.providers import NoSuchPurchase, ProviderDown
from billing.rules import Terms
from billing.states import State
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

log = logging.getLogger(__name__)

MANAGE = "https://play.google.com/store/account/subscriptions"
# Google answers for a subscription until this long after its end.
READABLE = timedelta(days=60)
_ARRIVED = frozenset({State.ACTIVE, State.TRIALING, State.GRACE})
_WAITING = frozenset({State.PAUSED, State.UNPAID})


def read_proof(proof: str) -> str:
    """The purchase token itself: whether it is one is for Google to say."""
    if not client.is_configured() or not rules.TOKEN.fullmatch(proof):
        raise DomainError(Code.PURCHASE_INVALID, "This is not a purchase token of Google Play.", status=400)
    return proof


class GoogleApi:
    """billing.purchases.providers.ProviderApi for Google Play."""

    def is_configured(self) -> bool:
        return client.is_configured()

    def fetch(self, external_id: str) -> Terms:
        found = client.get_subscription(external_id)
        try:
            return rules.terms_of(external_id, found, clock.now())
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # Not in the shape that Google describes: nothing is known, so what was known goes on.
            log.exception("an answer of Google Play's was not understood")
            raise ProviderDown("Google Play's answer was not understood") from error

    def subjects_of(self, event: ProviderEvent) -> list[str]:
        return [event.subject]

    def after_commit(self, purchase: Purchase) -> None:
        """Acknowledge what somebody has: three days unacknowledged, and Google refunds.

        What gives nobody anything (nobody's, or of a product that is unknown here) had better be refunded.
        """
        has_arrived = purchase.user_id is not None and purchase.product_id is not None and purchase.state in _ARRIVED
        if purchase.is_acknowledged or not has_arrived:
            return
        try:
            client.acknowledge(_product_id(purchase), purchase.external_id)
        except NoSuchPurchase:
            log.warning("Google Play takes no acknowledgement", extra={"purchase": str(purchase.uid)})
            return
        Purchase.objects.filter(pk=purchase.pk).update(is_acknowledged=True)

    def all_subjects(self) -> Iterable[str]:
        """Google has no list of subscriptions: those that we know of and that it still answers for.

        What is paused or on hold has not ended, however long ago its paid time was over.
        """
        since = clock.now() - READABLE
        known = Purchase.objects.filter(provider="google").filter(
            Q(paid_until__gt=since) | Q(paid_until=None, created_at__gt=since) | Q(state__in=_WAITING)
        )
        return list(known.order_by("pk").values_list("external_id", flat=True))

    def manage_url(self, purchase: Purchase) -> str | None:
        asked = {"sku": _product_id(purchase), "package": settings.GOOGLE_PLAY_PACKAGE}
        return f"{MANAGE}?{urlencode(asked)}"


def _product_id(purchase: Purchase) -> str:
    """Without the base plan."""
    return purchase.product_external_id.split(":", 1)[0]
