"""Writing down what providers say, one purchase at a time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from accounts.mail.services import send
from accounts.models import User
from billing.models import Product, Purchase, PurchaseMove
from billing.purchases import providers, rules
from billing.purchases.providers import NoSuchPurchase, ProviderDown
from billing.rules import Terms
from billing.services import fold_user
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

log = logging.getLogger(__name__)


@contextmanager
def purchase_lock(provider: str, external_id: str) -> Iterator[None]:
    """Whoever asks the provider about this purchase and writes the answer holds this.

    So an older answer can't be written over a newer one. The lock is the connection's and not a transaction's: the
    provider is asked without holding a transaction open, and a process that is killed lets go.
    """
    key = f"{provider}:{external_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def sync_purchase(*, provider: str, external_id: str, cause: str, claimant: User | None = None) -> Purchase:
    """Ask the provider for the present state, write it down, and fold its owner's rights.

    `claimant` is who has just shown a proof of the purchase: it becomes theirs if the rules allow.
    Raises NoSuchPurchase, ProviderDown, and for a claimant PURCHASE_OF_ANOTHER and MOVED_TOO_OFTEN.
    """
    api = providers.api_of(provider)
    with purchase_lock(provider, external_id):
        at = clock.now()
        try:
            terms = api.fetch(external_id)
        except ProviderDown:
            _note_failure(provider, external_id, at)
            raise
        purchase = record_terms(provider=provider, terms=terms, at=at, cause=cause, claimant=claimant)
    if purchase.replaces:
        retire_replaced(provider=provider, external_id=purchase.replaces, cause=cause)
        purchase.refresh_from_db()
    try:
        api.after_commit(purchase)
    except ProviderDown:
        # The purchase is written down and counts. What its provider must be told, it is told at the next check.
        log.warning("a provider could not be told", extra={"provider": provider, "purchase": str(purchase.uid)})
        _note_failure(provider, external_id, at)
    return purchase


def _note_failure(provider: str, external_id: str, at: datetime) -> None:
    for purchase in Purchase.objects.filter(provider=provider, external_id=external_id):
        Purchase.objects.filter(pk=purchase.pk).update(
            failed_checks=F("failed_checks") + 1, check_at=rules.retry_at(purchase.failed_checks, at)
        )


def record_terms(*, provider: str, terms: Terms, at: datetime, cause: str, claimant: User | None = None) -> Purchase:
    """The row as `terms` says, and its owner's rights with it, in one transaction. Repeating it changes nothing."""
    with transaction.atomic():
        before = Purchase.objects.select_for_update().filter(provider=provider, external_id=terms.external_id).first()
        # What was once said to be replaced stays so, whatever is left out of a later answer.
        replaces = terms.replaces or (before.replaces if before is not None else "")
        old = Purchase.objects.filter(provider=provider, external_id=replaces).first() if replaces else None
        named = _named(terms)
        holder = _holder(before, old, named)
        links = [purchase for purchase in (before, old) if purchase is not None]
        owner = _owner(holder, named, claimant, links, is_open=named is None and _names_nobody(terms))
        purchase, _ = Purchase.objects.update_or_create(
            provider=provider,
            external_id=terms.external_id,
            defaults={"user": owner, "replaces": replaces, "fetched_at": at, **_fields(provider, terms, at, before)},
        )
        if claimant is not None and holder is not None and holder != owner and owner is not None:
            _note_move(purchase, holder, owner)
        if purchase.is_replaced:
            _hand_on(purchase)
        # In the order of their ids, so that two moves that cross can't wait for each other.
        for user in sorted({user for user in (owner, holder) if user}, key=lambda user: user.pk):
            fold_user(user_id=user.pk, cause=cause)
            _warn_of_two(user)
    return purchase


def _fields(provider: str, terms: Terms, at: datetime, before: Purchase | None) -> dict[str, Any]:
    """What the row says of the purchase itself: `terms`, and what we know of its product and what continues it."""
    product = Product.objects.filter(provider=provider, external_id=terms.product_id).first()
    if product is None:
        log.error("a purchase of an unknown product gives nothing", extra={"product": terms.product_id})
    is_replaced = Purchase.objects.filter(provider=provider, replaces=terms.external_id).exists()
    return {
        "product": product,
        "product_external_id": terms.product_id,
        "state": terms.state.value,
        "starts_at": terms.starts_at,
        "paid_until": terms.paid_until,
        "grace_until": terms.grace_until,
        "renews": terms.renews,
        "revoked_at": _revoked_at(before, terms),
        "revoked_for": terms.revoked_for,
        "is_sandbox": terms.is_sandbox,
        "is_family": terms.is_family,
        "is_replaced": is_replaced,
        "is_acknowledged": terms.is_acknowledged,
        "check_at": None if is_replaced else rules.check_again_at(terms, at),
        "failed_checks": 0,
    }


def _revoked_at(before: Purchase | None, terms: Terms) -> datetime | None:
    """When we first heard of it, where the provider doesn't say when it was."""
    if before is not None and before.revoked_at and before.revoked_for == terms.revoked_for:
        return before.revoked_at
    return terms.revoked_at


def _named(terms: Terms) -> User | None:
    """The account that the provider has noted, while there is one."""
    return User.objects.filter(uid=terms.account, erased_at=None).first() if terms.account else None


def _names_nobody(terms: Terms) -> bool:
    """Also when the account was erased: who erased theirs and begins anew takes their purchase with them."""
    return terms.account is None or User.objects.filter(uid=terms.account, erased_at__isnull=False).exists()


def _holder(before: Purchase | None, old: Purchase | None, named: User | None) -> User | None:
    """Who has it: of one that is new to us, and that its provider names nobody for, the owner of what it continues."""
    if before is not None and before.user is not None:
        return before.user
    return old.user if old is not None and named is None else None


def _owner(
    holder: User | None, named: User | None, claimant: User | None, links: list[Purchase], *, is_open: bool
) -> User | None:
    """Whose the purchase is from now on.

    Whoever has it; the account that the provider has noted; and else who shows a proof. That moves it only where it
    `is_open`, because the provider names nobody: else whoever gets hold of a proof could take it away. `links` is the
    purchase and what it continues: its moves are counted together.
    """
    if claimant is None:
        return holder or named
    if claimant == named or (claimant == holder and is_open):
        return claimant
    if not is_open:
        raise DomainError(
            Code.PURCHASE_OF_ANOTHER,
            "This was bought for another account. Sign in with the account it was bought for.",
            status=409,
        )
    if holder is not None:
        _refuse_many_moves(links)
    return claimant


def _refuse_many_moves(links: list[Purchase]) -> None:
    since = clock.now() - rules.MOVES_WITHIN
    if not rules.may_move(PurchaseMove.objects.filter(purchase__in=links, moved_at__gt=since).count()):
        raise DomainError(
            Code.MOVED_TOO_OFTEN,
            f"This purchase was moved {rules.MOVES} times within {rules.MOVES_WITHIN.days} days. It stays where it is.",
            status=409,
        )


def _note_move(purchase: Purchase, source: User, target: User) -> None:
    PurchaseMove.objects.create(purchase=purchase, from_user_uid=source.uid, to_user_uid=target.uid)
    send(to=source.email, template="purchase_moved_away", context={"name": source.display_name})
    send(to=target.email, template="purchase_moved_here", context={"name": target.display_name})


def _warn_of_two(user: User) -> None:
    """Two at once are refused at checkout, and can't be at Apple and Google: then people must hear of it."""
    paying = [purchase for purchase in Purchase.objects.live().filter(user=user) if purchase.grants_rights]
    continued = {purchase.replaces for purchase in paying}
    paying = [purchase for purchase in paying if purchase.external_id not in continued]
    if len(paying) > 1:
        said = [f"{purchase.provider} {purchase.uid}" for purchase in paying]
        log.error("one account pays twice", extra={"user": str(user.uid), "purchases": said})


def retire_replaced(*, provider: str, external_id: str, cause: str) -> None:
    """What another purchase continues gives nothing of its own any more (Google's linked tokens).

    Called when the purchase that continues it is committed. Whoever writes the old one down holds its lock and looks
    for what continues it, so whichever of the two comes last finds the other.
    """
    with purchase_lock(provider, external_id), transaction.atomic():
        old = Purchase.objects.select_for_update().filter(provider=provider, external_id=external_id).first()
        if old is None:
            return
        retired = Purchase.objects.filter(pk=old.pk, is_replaced=False).update(is_replaced=True, check_at=None)
        handed_on = _hand_on(old)
        if (retired or handed_on) and old.user_id is not None:
            fold_user(user_id=old.user_id, cause=cause)


def _hand_on(old: Purchase) -> bool:
    """What continues a purchase and is nobody's, because its own news came first, is its owner's too.

    It is asked for again at once: what it waited for with its provider may be due now.
    """
    links, handed_on = [old.external_id], False
    while old.user_id is not None and links:
        heirs = Purchase.objects.filter(provider=old.provider, replaces__in=links, user=None)
        links = list(heirs.values_list("external_id", flat=True))
        handed_on |= bool(heirs.update(user=old.user_id, check_at=clock.now()))
    return handed_on


def check_due_purchases(*, limit: int = 100) -> int:
    """Ask for what should have been heard of by now; returns how many were asked for."""
    due = Purchase.objects.to_check(clock.now()).order_by("check_at").values_list("provider", "external_id")[:limit]
    for provider, external_id in list(due):
        try:
            sync_purchase(provider=provider, external_id=external_id, cause="nothing was heard of it in time")
        except ProviderDown:
            log.warning("a provider did not answer", extra={"provider": provider})
        except NoSuchPurchase:
            log.warning("a purchase is unknown to its provider", extra={"provider": provider, "purchase": external_id})
            Purchase.objects.filter(provider=provider, external_id=external_id).update(check_at=None)
        except Exception:
            # One that can't be read must not keep the others waiting, nor come first each time.
            log.exception("a purchase could not be checked", extra={"provider": provider, "purchase": external_id})
            _note_failure(provider, external_id, clock.now())
    return len(due)


def reconcile(*, provider: str) -> int:
    """Ask for everything that the provider knows: news can be lost for good. Returns how many differed.

    Raises ProviderDown: the rest is left to the next night, and to `check_due_purchases`.
    """
    api = providers.api_of(provider)
    changed = 0
    for external_id in api.all_subjects():
        before = _fingerprint(provider, external_id)
        try:
            sync_purchase(provider=provider, external_id=external_id, cause="nightly comparison")
        except NoSuchPurchase:
            continue
        except ProviderDown:
            raise
        except Exception:
            log.exception("a purchase could not be compared", extra={"provider": provider, "purchase": external_id})
        changed += before != _fingerprint(provider, external_id)
    return changed


def _fingerprint(provider: str, external_id: str) -> tuple[object, ...] | None:
    fields = ("state", "paid_until", "grace_until", "renews", "revoked_at", "product_id", "user_id")
    return Purchase.objects.filter(provider=provider, external_id=external_id).values_list(*fields).first()
