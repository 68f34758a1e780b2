"""Play: the subscriptions that were bought, what happens to them in time, and the notifications that it gives."""

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.stripe.months import period_end

Object = dict[str, Any]
# From an instant until before another.
Stretch = tuple[datetime, datetime]

PACKAGE = "com.example.backbeat"
AUDIENCE = "https://backbeat.example.com/webhooks/google"
PUSH_ACCOUNT = "pusher@backbeat.iam.gserviceaccount.com"
ACCOUNT = "billing@backbeat.iam.gserviceaccount.com"
GRACE, HOLD, ACKNOWLEDGE_WITHIN, PAY_WITHIN = (timedelta(days=days) for days in (7, 30, 3, 3))
RECOVERED, RENEWED, CANCELED, PURCHASED, ON_HOLD, IN_GRACE_PERIOD, RESTARTED = range(1, 8)
PAUSED, PAUSE_SCHEDULE_CHANGED, REVOKED, EXPIRED = 10, 11, 12, 13
PENDING_PURCHASE_CANCELED = 20
LIVE = frozenset({"ACTIVE", "IN_GRACE_PERIOD", "ON_HOLD", "PAUSED", "CANCELED"})


@dataclass
class Bought:
    """One purchase token. `pays` says whether the next charge succeeds."""

    token: str
    product: str
    plan: str
    period: str
    starts: datetime | None
    expires: datetime | None
    state: str = "ACTIVE"
    account: str = ""
    linked: str = ""
    anchor: datetime | None = None
    periods: int = 0
    renews: bool = True
    pays: bool = True
    is_trial: bool = False
    is_test: bool = False
    acknowledged: bool = False
    acknowledge_by: datetime | None = None
    pause: timedelta | None = None
    changes_at: datetime | None = None  # when a hold ends, a pause, or the wait for a first payment
    context: Object = field(default_factory=dict)
    # The books: what money was taken for (or a trial promised), what was lent, and when all of it was over.
    paid: list[Stretch] = field(default_factory=list)
    lent: list[Stretch] = field(default_factory=list)
    over_at: datetime | None = None


class Play:
    """`answers` and `shows_keys` may be set to False: then the API, or the keys of pushes, can't be had.

    `takes_acknowledgements` set to False: all but that is answered. `gives_grace` and `gives_hold` are what the seller
    has chosen for payments that fail.
    """

    def __init__(self, at: datetime) -> None:
        self.begin(at)
        self.access_tokens: set[str] = set()
        self.lock = threading.RLock()
        self.service_key = rsa.generate_private_key(65537, 2048)
        self.push_keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate()

    def begin(self, at: datetime) -> None:
        """Nothing was bought yet. The keys, and who is signed in, stay."""
        self.now = at
        self.answers = self.shows_keys = self.takes_acknowledgements = True
        self.gives_grace = self.gives_hold = True
        self.bought: dict[str, Bought] = {}
        self.undelivered: list[Object] = []
        self.requests: list[str] = []

    def rotate(self) -> None:
        """A new key for pushes; what the older one signed is no longer good."""
        self.push_keys = {f"push{len(self.undelivered)}-{id(object())}": rsa.generate_private_key(65537, 2048)}

    def service_account(self, base: str) -> str:
        """The key document that the Cloud console gives out."""
        pem = self.service_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {"type": "service_account", "client_email": ACCOUNT, "private_key_id": "key1", "private_key": pem.decode(),
             "token_uri": f"{base}/token"}
        )  # fmt: skip

    # --- Time ------------------------------------------------------------------------------------------------------

    def advance_to(self, when: datetime) -> None:
        """Let everything happen that is due until then, each at its own time."""
        while True:
            due = [(at, token) for token, one in self.bought.items() if (at := self._due(one)) and at <= when]
            if not due:
                break
            at, token = min(due)
            self.now = max(self.now, at)
            self._happen(self.bought[token])
        self.now = max(self.now, when)

    def next_due(self) -> datetime | None:
        """When the next thing happens by itself."""
        return min(filter(None, map(self._due, self.bought.values())), default=None)

    def _due(self, one: Bought) -> datetime | None:
        if one.state not in LIVE and one.state != "PENDING":
            return None
        next_step = one.changes_at if one.state in ("PENDING", "ON_HOLD", "PAUSED") else one.expires
        return min(filter(None, [next_step, None if one.acknowledged else one.acknowledge_by]), default=None)

    def _happen(self, one: Bought) -> None:
        if not one.acknowledged and one.acknowledge_by and one.acknowledge_by <= self.now:
            self.revoke(one.token)
        elif one.state == "PENDING":
            self.cancel_pending(one.token)
        elif one.state in ("CANCELED", "ON_HOLD") or one.over_at:
            self._end(one)
        elif one.state == "PAUSED":
            self._resume(one)
        elif one.state == "IN_GRACE_PERIOD":
            self._hold(one)
        elif one.pause:
            one.state, one.changes_at, one.pause = "PAUSED", self.now + one.pause, None
            self.tell(PAUSED, one.token)
        elif one.pays:
            self._renew(one)
        elif self.gives_grace:
            one.state, one.expires = "IN_GRACE_PERIOD", self.now + GRACE
            one.lent.append((self.now, one.expires))
            self.tell(IN_GRACE_PERIOD, one.token)
        else:
            self._hold(one)

    def _hold(self, one: Bought) -> None:
        one.state, one.changes_at = "ON_HOLD", self.now + HOLD
        if self.gives_hold:
            self.tell(ON_HOLD, one.token)
        else:
            self._end(one)

    def _renew(self, one: Bought, kind: int = RENEWED) -> None:
        one.state, one.is_trial, one.periods, one.changes_at = "ACTIVE", False, one.periods + 1, None
        one.expires = period_end(one.anchor, one.period, one.periods)
        one.paid.append((self.now, one.expires))
        one.lent = [(begins, min(ends, self.now)) for begins, ends in one.lent]
        self.tell(kind, one.token)

    def _begin_anew(self, one: Bought, kind: int) -> None:
        """After a hold or a pause the periods are counted from now."""
        one.anchor, one.periods = self.now, 0
        self._renew(one, kind)

    def _resume(self, one: Bought) -> None:
        if one.pays:
            self._begin_anew(one, RENEWED)
        else:
            self._hold(one)

    def _end(self, one: Bought) -> None:
        if one.over_at:
            one.context = {"replacementCancellation": {}}
        elif one.state == "ON_HOLD":
            one.context = {"systemInitiatedCancellation": {}}
            self.tell(CANCELED, one.token)
        one.state, one.renews = "EXPIRED", False
        self.tell(EXPIRED, one.token)

    # --- What people do --------------------------------------------------------------------------------------------

    def new_token(self) -> str:
        return f"tokentokentokentoken{len(self.bought):04}.AO-J1Oz_standin"

    def buy(
        self, product: str = "premium", plan: str = "monthly", *, account: object = "", period: str = "month",
        trial_days: int = 0, test: bool = False, pending: bool = False, linked: str = "",
    ) -> str:  # fmt: skip
        """Returns the purchase token."""
        one = Bought(
            self.new_token(), product, plan, period, None, None, account=str(account), linked=linked, is_test=test,
            state="PENDING", changes_at=self.now + PAY_WITHIN,
        )  # fmt: skip
        self.bought[one.token] = one
        if pending:
            self.tell(PURCHASED, one.token)
        else:
            self.pay_pending(one.token, trial_days=trial_days)
        return one.token

    def pay_pending(self, token: str, *, trial_days: int = 0) -> None:
        one = self.bought[token]
        one.state, one.starts, one.is_trial = "ACTIVE", self.now, bool(trial_days)
        one.anchor = self.now + timedelta(days=trial_days)
        one.periods = 0 if trial_days else 1
        one.expires = period_end(one.anchor, one.period, one.periods)
        one.acknowledge_by, one.changes_at = self.now + ACKNOWLEDGE_WITHIN, None
        one.paid.append((self.now, one.expires))
        if one.linked:
            self._continue(self.bought[one.linked])
        self.tell(PURCHASED, token)

    def _continue(self, old: Bought) -> None:
        """What is left of it is the new one's; it has its end to come, and nothing to be acknowledged."""
        old.over_at, old.acknowledge_by = old.over_at or self.now, None

    def cancel_pending(self, token: str) -> None:
        self.bought[token].state = "PENDING_PURCHASE_CANCELED"
        self.tell(PENDING_PURCHASE_CANCELED, token)

    def decline(self, token: str) -> None:
        """From now on the card is not good."""
        self.bought[token].pays = False

    def pay(self, token: str) -> None:
        """A card that is good: what waits for money gets it at once."""
        one = self.bought[token]
        one.pays = True
        if one.state == "IN_GRACE_PERIOD":
            self._renew(one)
        elif one.state == "ON_HOLD":
            self._begin_anew(one, RECOVERED)

    def cancel(self, token: str) -> None:
        """What is paid for or lent is used up; what waits on hold or paused is over at once."""
        one = self.bought[token]
        has_time = one.expires is not None and one.expires > self.now
        one.state, one.renews = "CANCELED", False
        one.context = {"userInitiatedCancellation": {"cancelTime": _text(self.now)}}
        self.tell(CANCELED, token)
        if not has_time:
            self._end(one)

    def restart(self, token: str) -> None:
        """Before its end. What was lent when it was cancelled is no more than lent."""
        one = self.bought[token]
        is_lent = any(begins <= self.now < ends for begins, ends in one.lent)
        one.state, one.renews, one.context = "IN_GRACE_PERIOD" if is_lent else "ACTIVE", True, {}
        self.tell(RESTARTED, token)
        if is_lent and one.pays:
            self._renew(one)

    def schedule_pause(self, token: str, pause: timedelta) -> None:
        """It begins when the paid period ends."""
        self.bought[token].pause = pause
        self.tell(PAUSE_SCHEDULE_CHANGED, token)

    def resume(self, token: str) -> None:
        self._resume(self.bought[token])

    def revoke(self, token: str) -> None:
        """Refunded, and ended at once: by us, by Google, or by a charge-back."""
        one = self.bought[token]
        one.state, one.renews, one.expires, one.over_at = "EXPIRED", False, self.now, one.over_at or self.now
        one.context = {"developerInitiatedCancellation": {}}
        self.tell(REVOKED, token)
        self.void(token)

    def void(self, token: str) -> None:
        """The money alone goes back: the subscription goes on."""
        self.say({"voidedPurchaseNotification": {
            "purchaseToken": token, "orderId": self._order(self.bought[token]), "productType": 1, "refundType": 1,
        }})  # fmt: skip

    def replace(self, token: str, product: str = "premium", plan: str = "yearly", *, lingers: bool = False) -> str:
        """Another plan, and another token. With `lingers` the old one is still said to be active for a while."""
        old = self.bought[token]
        made = self.buy(product, plan, account=old.account, period="year" if plan == "yearly" else "month",
                        test=old.is_test, linked=token)  # fmt: skip
        if not lingers:
            old.state, old.renews, old.expires = "EXPIRED", False, self.now
            old.context = {"replacementCancellation": {}}
            self.tell(EXPIRED, token)
        return made

    def acknowledge(self, token: str) -> None:
        self.bought[token].acknowledged = True

    # --- What is true ----------------------------------------------------------------------------------------------

    def is_paid_for(self, token: str, at: datetime) -> bool:
        """Whether money was taken for `at` and not given back with a revocation, or the time is lent.

        A trial is promised and counts; what another purchase continues is that one's; tests cost nothing.
        """
        return self.paid_or_lent_until(token, at) is not None

    def paid_or_lent_until(self, token: str, at: datetime) -> datetime | None:
        """The end of the time that is paid for at `at`, or lent; None when it is neither."""
        one = self.bought[token]
        if one.is_test or (one.over_at is not None and one.over_at <= at):
            return None
        return max((ends for begins, ends in one.paid + one.lent if begins <= at < ends), default=None)

    def paid_or_promised_until(self, token: str) -> datetime | None:
        """The end of the last period that was ever paid for, or of a trial, whatever came after. Grace is not paid."""
        one = self.bought[token]
        return None if one.is_test else max((ends for _, ends in one.paid), default=None)

    # --- Notifications ---------------------------------------------------------------------------------------------

    def tell(self, kind: int, token: str) -> None:
        self.say({"subscriptionNotification": {"version": "1.0", "notificationType": kind, "purchaseToken": token}})

    def say(self, news: Object, *, package: str = PACKAGE) -> None:
        at = str(int(self.now.timestamp() * 1000))
        self.undelivered.append({"version": "1.0", "packageName": package, "eventTimeMillis": at, **news})

    # --- The resource ----------------------------------------------------------------------------------------------

    def _order(self, one: Bought) -> str:
        return f"GPA.3300-0000-0000-{list(self.bought).index(one.token):05}..{one.periods}"

    def resource(self, one: Bought) -> Object:
        """SubscriptionPurchaseV2."""
        found: Object = {
            "kind": "androidpublisher#subscriptionPurchaseV2", "regionCode": "DE", "etag": f"etag{one.periods}",
            "subscriptionState": f"SUBSCRIPTION_STATE_{one.state}", "lineItems": [self._item(one)],
            "acknowledgementState": f"ACKNOWLEDGEMENT_STATE_{'ACKNOWLEDGED' if one.acknowledged else 'PENDING'}",
        }  # fmt: skip
        if one.starts:
            found["startTime"] = _text(one.starts)
        if one.linked:
            found["linkedPurchaseToken"] = one.linked
        if one.account:
            found["externalAccountIdentifiers"] = {"obfuscatedExternalAccountId": one.account}
        if one.is_test:
            found["testPurchase"] = {}
        if one.context and one.state in ("CANCELED", "EXPIRED"):
            found["canceledStateContext"] = one.context
        if one.state == "PAUSED":
            found["pausedStateContext"] = {"autoResumeTime": _text(one.changes_at)}
        return found

    def _item(self, one: Bought) -> Object:
        item: Object = {
            "productId": one.product, "autoRenewingPlan": {"autoRenewEnabled": one.renews},
            "offerDetails": {"basePlanId": one.plan}, "offerPhase": {"freeTrial" if one.is_trial else "basePrice": {}},
        }  # fmt: skip
        if one.expires:
            item |= {"expiryTime": _text(one.expires), "latestSuccessfulOrderId": self._order(one)}
        return item


def _text(when: datetime | None) -> str:
    assert when is not None
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
