"""The store: subscriptions, what happens to them in time, and the notifications it tells of (version 2)."""

import json
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.apple.ca import Authority
from tests.fakes.stripe.months import period_end

BUNDLE_ID = "com.example.backbeat"
APP_ID = 1234567890
ACTIVE, EXPIRED, RETRY, GRACE, REVOKED = 1, 2, 3, 4, 5
# Why a subscription ended (expirationIntent), and the subtype that says so.
VOLUNTARY, BILLING, PRICE, GONE = 1, 2, 3, 4
SUBTYPES = {VOLUNTARY: "VOLUNTARY", BILLING: "BILLING_RETRY", PRICE: "PRICE_INCREASE", GONE: "PRODUCT_NOT_FOR_SALE"}
# Apple tries a card again this long, the grace period included.
RETRIES = timedelta(days=60)

Payload = dict[str, Any]
# Takes the body; answers the status.
Deliver = Callable[[bytes], int]


def milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)


@dataclass
class Subscription:
    """One originalTransactionId: its last transaction, and what is to come."""

    uid: str
    product: str
    environment: str
    transaction: Payload
    began: datetime
    expires: datetime
    anchor: datetime
    periods: int = 1
    status: int = ACTIVE
    renews: bool = True
    next_product: str = ""
    pays: bool = True
    intent: int = VOLUNTARY
    grace: datetime | None = None
    older: list[Payload] = field(default_factory=list)
    # Ids of transactions whose money went back to the buyer, or that the family gives no more.
    given_back: set[str] = field(default_factory=set)


class Store:
    """`grace_days` is the billing grace period as it is set up in App Store Connect; 0 is none.

    With `answers` off its server says 503 to everything, and it goes on selling, renewing and telling.
    """

    def __init__(self, at: datetime, authority: Authority, *, environment: str = "Production") -> None:
        self.now = at
        self.authority = authority
        self.environment = environment
        self.bundle_id = BUNDLE_ID
        self.answers = True
        self.grace_days = 0
        self.months = {"premium.monthly": 1, "premium.yearly": 12}
        self.subscriptions: dict[str, Subscription] = {}
        self.history: list[tuple[datetime, str, str]] = []
        self.undelivered: list[str] = []
        self.requests: list[str] = []
        self.lock = threading.RLock()
        self._count = 0

    # --- Time ------------------------------------------------------------------------------------------------------

    def advance_to(self, when: datetime) -> None:
        """Let everything happen that is due until then, each at its own time."""
        while True:
            due = [(at, uid) for uid, held in self.subscriptions.items() if (at := self._due(held)) and at <= when]
            if not due:
                break
            at, uid = min(due)
            self.now = max(self.now, at)
            self._happen(self.subscriptions[uid])
        self.now = max(self.now, when)

    def next_due(self) -> datetime | None:
        """When the next thing happens by itself."""
        return min(filter(None, map(self._due, self.subscriptions.values())), default=None)

    def _due(self, held: Subscription) -> datetime | None:
        if held.status == ACTIVE:
            return held.expires
        if held.status == GRACE:
            return held.grace
        return held.expires + RETRIES if held.status == RETRY else None

    def _happen(self, held: Subscription) -> None:
        if held.status == RETRY:
            self._expire(held, BILLING)
        elif held.status == GRACE:
            held.status = RETRY
            self.tell("GRACE_PERIOD_EXPIRED", uid=held.uid)
        elif not held.renews:
            self._expire(held, held.intent)
        elif held.pays:
            self._renew(held, held.expires)
            self.tell("DID_RENEW", uid=held.uid)
        else:
            self._fail(held)

    def _renew(self, held: Subscription, at: datetime) -> None:
        if held.next_product or at != held.expires:
            held.anchor, held.periods = at, 0
            held.product, held.next_product = held.next_product or held.product, ""
        self._period(held, at, "RENEWAL")

    def _period(self, held: Subscription, at: datetime, reason: str, **fields: object) -> None:
        held.periods += 1
        held.expires = period_end(held.anchor, "month", held.periods * self.months[held.product])
        held.status, held.grace = ACTIVE, None
        held.older.append(held.transaction)
        kept = ("appAccountToken", "inAppOwnershipType", "originalPurchaseDate")
        held.transaction = self._transaction(
            held.uid, held.product, at, held.expires, held.environment, transactionReason=reason, **fields
        ) | {name: held.transaction[name] for name in kept if name in held.transaction}

    def _fail(self, held: Subscription) -> None:
        held.status, held.intent = RETRY, BILLING
        if self.grace_days:
            held.status, held.grace = GRACE, held.expires + timedelta(days=self.grace_days)
        self.tell("DID_FAIL_TO_RENEW", "GRACE_PERIOD" if self.grace_days else "", uid=held.uid)

    def _expire(self, held: Subscription, intent: int) -> None:
        held.status, held.renews, held.intent, held.grace = EXPIRED, False, intent, None
        self.tell("EXPIRED", SUBTYPES[intent], uid=held.uid)

    # --- What people do --------------------------------------------------------------------------------------------

    def buy(
        self,
        product: str,
        *,
        account: uuid.UUID | None = None,
        is_family: bool = False,
        environment: str = "",
        kind: tuple[str, str] = ("SUBSCRIBED", "INITIAL_BUY"),
        **fields: object,
    ) -> str:
        """Returns the originalTransactionId."""
        uid, where = self._new_id(), environment or self.environment
        expires = period_end(self.now, "month", self.months[product])
        bought = self._transaction(uid, product, self.now, expires, where, transactionReason="PURCHASE", **fields)
        if account is not None:
            bought["appAccountToken"] = str(account)
        if is_family:
            bought["inAppOwnershipType"] = "FAMILY_SHARED"
        self.subscriptions[uid] = Subscription(uid, product, where, bought, self.now, expires, self.now)
        self.tell(*kind, uid=uid)
        return uid

    def resubscribe(self, uid: str, product: str) -> None:
        held = self.subscriptions[uid]
        held.product, held.anchor, held.periods, held.renews, held.pays = product, self.now, 0, True, True
        self._period(held, self.now, "PURCHASE")
        self.tell("SUBSCRIBED", "RESUBSCRIBE", uid=uid)

    def set_renewal(self, uid: str, renews: bool) -> None:
        held = self.subscriptions[uid]
        held.renews, held.intent = renews, VOLUNTARY
        self.tell("DID_CHANGE_RENEWAL_STATUS", f"AUTO_RENEW_{'ENABLED' if renews else 'DISABLED'}", uid=uid)

    def will_end(self, uid: str, intent: int) -> None:
        """At the end of the period, for a reason that is told only then."""
        self.subscriptions[uid].renews, self.subscriptions[uid].intent = False, intent

    def upgrade(self, uid: str, product: str) -> None:
        """At once: the rest of what was paid is given back."""
        held = self.subscriptions[uid]
        held.transaction["isUpgraded"] = True
        held.given_back.add(held.transaction["transactionId"])
        held.product, held.anchor, held.periods = product, self.now, 0
        self._period(held, self.now, "PURCHASE")
        self.tell("DID_CHANGE_RENEWAL_PREF", "UPGRADE", uid=uid)

    def downgrade(self, uid: str, product: str) -> None:
        """At the end of the period; with "" it was thought better of."""
        self.subscriptions[uid].next_product = product
        self.tell("DID_CHANGE_RENEWAL_PREF", "DOWNGRADE" if product else "", uid=uid)

    def recover(self, uid: str) -> None:
        """The card is good again: within the grace period as if nothing had happened, after it from now on."""
        held = self.subscriptions[uid]
        held.pays = True
        self._renew(held, held.expires if held.status == GRACE else self.now)
        self.tell("DID_RENEW", "BILLING_RECOVERY", uid=uid)

    # --- What Apple does -------------------------------------------------------------------------------------------

    def refund(self, uid: str, *, percentage: int = 100, ends: bool = True) -> None:
        """In part, Apple may let the rest of the period run."""
        held = self.subscriptions[uid]
        held.transaction |= {
            "revocationDate": milliseconds(self.now),
            "revocationReason": 1,
            "revocationType": "REFUND_FULL" if percentage == 100 else "REFUND_PRORATED",
            "revocationPercentage": percentage * 1000,
        }
        if ends:
            self._take_back(held)
        self.tell("REFUND", uid=uid)

    def reverse_refund(self, uid: str) -> None:
        held = self.subscriptions[uid]
        for name in ("revocationDate", "revocationReason", "revocationType", "revocationPercentage"):
            held.transaction.pop(name, None)
        held.given_back.discard(held.transaction["transactionId"])
        held.status = ACTIVE if held.expires > self.now else EXPIRED
        self.tell("REFUND_REVERSED", uid=uid)

    def revoke_family(self, uid: str) -> None:
        held = self.subscriptions[uid]
        held.transaction |= {"revocationDate": milliseconds(self.now), "revocationType": "FAMILY_REVOKE"}
        self._take_back(held)
        self.tell("REVOKE", uid=uid)

    def _take_back(self, held: Subscription) -> None:
        """It is over: a card that failed is not tried again, and nothing is left of a grace period."""
        held.status, held.grace = REVOKED, None
        held.given_back.add(held.transaction["transactionId"])

    def extend(self, uid: str, days: int) -> None:
        held = self.subscriptions[uid]
        held.expires += timedelta(days=days)
        held.anchor += timedelta(days=days)
        held.transaction["expiresDate"] = milliseconds(held.expires)
        self.tell("RENEWAL_EXTENDED", uid=uid)

    # --- What is true ----------------------------------------------------------------------------------------------

    def gives_access(self, uid: str, at: datetime) -> bool:
        """Whether money was taken for the time `at` and not given back, or a grace period goes on; by the books."""
        held = self.subscriptions[uid]
        in_grace = held.grace is not None and held.expires <= at < held.grace
        return in_grace or any(
            made["purchaseDate"] <= milliseconds(at) < made["expiresDate"]
            and made["transactionId"] not in held.given_back
            for made in (*held.older, held.transaction)
        )

    def paid_until(self, uid: str) -> datetime:
        """The end of the last period that was ever paid for, whatever came after."""
        held = self.subscriptions[uid]
        last = max(made["expiresDate"] for made in (*held.older, held.transaction))
        return datetime.fromtimestamp(last / 1000, UTC)

    # --- What it says ----------------------------------------------------------------------------------------------

    def tell(self, kind: str, subtype: str = "", *, uid: str = "", **parts: object) -> str:
        """A notification: about a subscription, or with `parts` of its own; returns it signed."""
        body: Payload = {
            "notificationType": kind,
            "notificationUUID": str(uuid.uuid4()),
            "version": "2.0",
            "signedDate": milliseconds(self.now),
            **({"subtype": subtype} if subtype else {}),
            **(parts or {"data": self._data(uid)}),
        }
        signed = self.authority.sign(body)
        environment = self.subscriptions[uid].environment if uid else self.environment
        self.history.append((self.now, environment, signed))
        self.undelivered.append(signed)
        return signed

    def app(self, environment: str = "") -> Payload:
        """The members that name the app; the sandbox has no number for it."""
        where = environment or self.environment
        number = {"appAppleId": APP_ID} if where == "Production" else {}
        return {"bundleId": self.bundle_id, "environment": where, **number}

    def _data(self, uid: str) -> Payload:
        if not uid:
            return self.app()
        held = self.subscriptions[uid]
        return {
            **self.app(held.environment),
            "bundleVersion": "1",
            "status": held.status,
            "signedTransactionInfo": self.proof(uid),
            "signedRenewalInfo": self.renewal(uid),
        }

    def proof(self, uid: str) -> str:
        """The last transaction as the app gets it (jwsRepresentation)."""
        return self.authority.sign(self.subscriptions[uid].transaction | {"signedDate": milliseconds(self.now)})

    def renewal(self, uid: str) -> str:
        held = self.subscriptions[uid]
        said: Payload = {
            "originalTransactionId": uid,
            "productId": held.product,
            "autoRenewProductId": held.next_product or held.product,
            "autoRenewStatus": int(held.renews),
            "environment": held.environment,
            "recentSubscriptionStartDate": milliseconds(held.began),
            "renewalDate": milliseconds(held.expires),
            "signedDate": milliseconds(self.now),
        }
        if held.status in (RETRY, GRACE):
            # In the grace period the flag is false at times.
            said |= {"isInBillingRetryPeriod": held.status == RETRY, "expirationIntent": BILLING}
        if held.status == EXPIRED:
            said["expirationIntent"] = held.intent
        if held.grace:
            said["gracePeriodExpiresDate"] = milliseconds(held.grace)
        return self.authority.sign(said)

    def _transaction(
        self, uid: str, product: str, at: datetime, expires: datetime, environment: str, **fields: object
    ) -> Payload:
        return {
            "transactionId": self._new_id(),
            "originalTransactionId": uid,
            "bundleId": self.bundle_id,
            "productId": product,
            "subscriptionGroupIdentifier": "20000001",
            "purchaseDate": milliseconds(at),
            "originalPurchaseDate": milliseconds(at),
            "expiresDate": milliseconds(expires),
            "quantity": 1,
            "type": "Auto-Renewable Subscription",
            "inAppOwnershipType": "PURCHASED",
            "environment": environment,
            "storefront": "USA",
            "storefrontId": "143441",
            "price": 9990,
            "currency": "USD",
            **fields,
        }

    def _new_id(self) -> str:
        self._count += 1
        return f"4200000{self._count:09}"

    # --- Telling ---------------------------------------------------------------------------------------------------

    def flush(self, deliver: Deliver, *, seed: int | None = None, duplicate: bool = False) -> None:
        """Deliver everything that waits: in order, or with a seed shuffled; twice on demand."""
        waiting, self.undelivered = self.undelivered, []
        if duplicate:
            waiting = waiting * 2
        if seed is not None:
            random.Random(seed).shuffle(waiting)
        for signed in waiting:
            if not 200 <= deliver(json.dumps({"signedPayload": signed}).encode()) <= 206:
                self.undelivered.append(signed)

    def drop(self) -> None:
        """What waits is lost; the history keeps it."""
        self.undelivered = []
