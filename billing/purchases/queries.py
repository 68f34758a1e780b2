"""Why somebody is free or paid: everything that billing knows of them, in the order in which it happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from billing.entitlements import entitlements_for
from billing.models import EntitlementVersion, Grant, ProviderEvent, Purchase, PurchaseMove
from billing.rules import Entitlements, Tier, right_of_purchase
from streaming.lib import clock


@dataclass(frozen=True)
class Entry:
    """One line: when, what kind of thing, and a sentence."""

    at: datetime
    kind: str
    text: str


def timeline_of(user: User) -> list[Entry]:
    """Newest first. Five queries, whatever there is."""
    purchases = list(Purchase.objects.filter(user=user).select_related("product"))
    entries = [
        *_of_purchases(purchases),
        *_of_events(purchases),
        *_of_moves(user),
        *_of_grants(user),
        *_of_versions(user),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _of_purchases(purchases: list[Purchase]) -> Iterator[Entry]:
    for purchase in purchases:
        name = purchase.product.name if purchase.product else f"unknown product {purchase.product_external_id}"
        yield Entry(purchase.starts_at, "purchase", f"{name} began at {purchase} ({purchase.state} now).")
        if purchase.revoked_at:
            yield Entry(purchase.revoked_at, "purchase", f"{purchase} was revoked: {purchase.revoked_for}.")


def _of_events(purchases: list[Purchase]) -> Iterator[Entry]:
    known = [purchase.external_id for purchase in purchases]
    for event in ProviderEvent.objects.filter(Q(subject__in=known) | Q(purchases__overlap=known)):
        state = "done" if event.processed_at else f"waiting, {event.attempts} tries"
        yield Entry(event.received_at, "event", f"{event} ({event.event_id}): {state}. {event.note}".strip())


def _of_moves(user: User) -> Iterator[Entry]:
    for move in PurchaseMove.objects.filter(from_user_uid=user.uid).select_related("purchase"):
        yield Entry(move.moved_at, "move", f"{move.purchase} went to account {move.to_user_uid}.")
    for move in PurchaseMove.objects.filter(to_user_uid=user.uid).select_related("purchase"):
        yield Entry(move.moved_at, "move", f"{move.purchase} came from account {move.from_user_uid}.")


def _of_grants(user: User) -> Iterator[Entry]:
    for grant in Grant.objects.filter(user=user):
        until = f"until {grant.ends_at:%d %b %Y}" if grant.ends_at else "without end"
        yield Entry(grant.starts_at, "grant", f"{grant.get_reason_display()} {until}. {grant.note}".strip())
        if grant.revoked_at:
            yield Entry(grant.revoked_at, "grant", f"{grant.get_reason_display()} was revoked.")


def _of_versions(user: User) -> Iterator[Entry]:
    for version in EntitlementVersion.objects.filter(user_uid=user.uid):
        problem = ", with a payment problem" if version.payment_problem else ""
        yield Entry(
            version.at, "rights", f"Version {version.version}: {version.tier}{problem}, because of {version.cause}."
        )


def why(user: User) -> list[str]:
    """Sentences that say what the user may do now, and what each purchase and grant has to do with it."""
    at = clock.now()
    held = entitlements_for(user, at)
    said = [_headline(held)]
    said += [_of_purchase(purchase, at) for purchase in Purchase.objects.filter(user=user).select_related("product")]
    said += [f"{grant.get_reason_display()}: counts now." for grant in Grant.objects.filter(user=user).in_force(at)]
    if held.tier is Tier.FREE and len(said) == 1:
        said.append("There is no purchase and no grant in force.")
    return said


def _headline(held: Entitlements) -> str:
    if held.tier is Tier.FREE:
        return "Free now."
    until = f" until {held.ends_at:%d %b %Y %H:%M} UTC" if held.ends_at else ""
    return f"Paid now{until}." + (" There is a payment problem." if held.payment_problem else "")


def _of_purchase(purchase: Purchase, at: datetime) -> str:
    if purchase.product_id is None:
        return f"{purchase}: gives nothing, because no product here has the id {purchase.product_external_id}."
    if purchase.is_replaced:
        return f"{purchase}: gives nothing, because another purchase continues it."
    if not purchase.grants_rights:
        return f"{purchase}: gives nothing, because it was bought in a sandbox."
    right = right_of_purchase(purchase)
    if right is None:
        return f"{purchase}: gives nothing, because it is {purchase.state}."
    return f"{purchase}: {'counts now' if right.holds(at) else 'is over'} ({purchase.state})."
