"""What an App Store subscription is worth, from what Apple has signed about it. Pure."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from appstoreserverlibrary.models.AutoRenewStatus import AutoRenewStatus
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.models.InAppOwnershipType import InAppOwnershipType
from appstoreserverlibrary.models.JWSRenewalInfoDecodedPayload import JWSRenewalInfoDecodedPayload
from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.OfferDiscountType import OfferDiscountType
from appstoreserverlibrary.models.RevocationType import RevocationType
from appstoreserverlibrary.models.Status import Status

from billing.rules import Terms
from billing.states import State

# A grace period is its own date, not its status: the two disagree at times.
STATES: Mapping[Status | None, State] = {
    Status.ACTIVE: State.ACTIVE,
    Status.EXPIRED: State.ENDED,
    Status.BILLING_RETRY: State.UNPAID,
    Status.BILLING_GRACE_PERIOD: State.UNPAID,
    Status.REVOKED: State.REVOKED,
}
OVER = frozenset({State.ENDED, State.REVOKED})
# 100 % in thousandths.
WHOLE = 100_000


@dataclass(frozen=True)
class Last:
    """The last transaction of a subscription as Apple's server tells it, with what comes after it."""

    status: Status | None
    transaction: JWSTransactionDecodedPayload
    renewal: JWSRenewalInfoDecodedPayload


def instant(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def newest(found: Iterable[Last]) -> Last | None:
    """The one that counts: what was upgraded gives nothing beside what it was upgraded to."""
    return max(
        found,
        key=lambda last: (not last.transaction.isUpgraded, last.transaction.purchaseDate or 0),
        default=None,
    )


def terms_of(last: Last, at: datetime) -> Terms:
    """What the subscription gives; `at` is when Apple was asked."""
    transaction, renewal = last.transaction, last.renewal
    state = state_of(last, at)
    is_revoked = state is State.REVOKED
    began = renewal.recentSubscriptionStartDate or transaction.originalPurchaseDate or transaction.purchaseDate
    return Terms(
        external_id=transaction.originalTransactionId or "",
        product_id=transaction.productId or "",
        state=state,
        starts_at=instant(began) or at,
        paid_until=instant(transaction.expiresDate),
        grace_until=instant(renewal.gracePeriodExpiresDate) if state is State.GRACE else None,
        renews=renewal.autoRenewStatus is AutoRenewStatus.ON and state not in OVER,
        revoked_at=(instant(transaction.revocationDate) or at) if is_revoked else None,
        revoked_for=_revoked_for(transaction) if is_revoked else "",
        is_sandbox=transaction.environment is not Environment.PRODUCTION,
        is_family=is_family(transaction),
        account=account_of(last),
    )


def state_of(last: Last, at: datetime) -> State:
    transaction = last.transaction
    state = STATES.get(last.status, State.UNPAID)
    if state is State.REVOKED or _is_taken_back(transaction):
        return State.REVOKED
    paid_until = instant(transaction.expiresDate)
    grace_until = instant(last.renewal.gracePeriodExpiresDate)
    if grace_until is not None and grace_until > at and (paid_until is None or paid_until <= at):
        return State.GRACE
    if state is State.ACTIVE and transaction.offerDiscountType is OfferDiscountType.FREE_TRIAL:
        return State.TRIALING
    return state


def _is_taken_back(transaction: JWSTransactionDecodedPayload) -> bool:
    """Refunded as a whole. After a refund in part Apple's status alone says whether the rest still runs."""
    share = transaction.revocationPercentage
    return transaction.revocationDate is not None and (share is None or share >= WHOLE)


def _revoked_for(transaction: JWSTransactionDecodedPayload) -> str:
    by_family = is_family(transaction) or transaction.revocationType is RevocationType.FAMILY_REVOKE
    return "family" if by_family else "refund"


def is_family(transaction: JWSTransactionDecodedPayload) -> bool:
    return transaction.inAppOwnershipType is InAppOwnershipType.FAMILY_SHARED


def account_of(last: Last) -> uuid.UUID | None:
    """The user that the app named when it bought. Who has it from their family was named by nobody."""
    named = last.transaction.appAccountToken or last.renewal.appAccountToken
    if not named or is_family(last.transaction):
        return None
    try:
        return uuid.UUID(named)
    except ValueError:
        return None
