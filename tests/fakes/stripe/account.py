"""The account: everything that exists at the stand-in, what happens to it in time, and the events it tells of."""

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.fakes.stripe import shapes
from tests.fakes.stripe.months import period_end
from tests.fakes.stripe.shapes import Object

API_VERSION = "2026-05-27.dahlia"
KEY = "sk_test_standinstandinstandinstandin"
SECRET = "whsec_standin"
RETRY_DAYS = (3, 5, 7)
LIVE = frozenset({"trialing", "active", "past_due", "unpaid", "paused", "incomplete"})


@dataclass
class Book:
    """What the account keeps beside a subscription's JSON: where its periods are counted from, and what is due."""

    anchor: datetime
    periods: int = 0
    retries: list[datetime] = field(default_factory=list)
    gives_up_at: datetime | None = None
    has_method: bool = True


class Stripe:
    """`declines` has the customers with a bad card; `after_retries` is canceled, unpaid or past_due; `forbidden` has
    the paths that the key may not ask for."""

    def __init__(self, at: datetime | None = None, *, base: str = "") -> None:
        self.base = base
        self.clock: Callable[[], datetime] | None = None
        self._now = at or datetime.now(UTC)
        self.answers = True
        self.forbidden: set[str] = set()
        self.after_retries = "canceled"
        self.objects: dict[str, Object] = {}
        self.books: dict[str, Book] = {}
        self.declines: set[str] = set()
        self.asked: dict[str, Object] = {}
        self.events: list[Object] = []
        self.undelivered: list[Object] = []
        self.requests: list[str] = []
        self.lock = threading.RLock()
        self._count = 0

    # --- Time ------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def at(self) -> int:
        return int(self._now.timestamp())

    def advance_to(self, when: datetime) -> None:
        """Let everything happen that is due until then, each at its own time."""
        while True:
            due = [(at, uid) for uid, book in self.books.items() if (at := self._due(uid, book)) and at <= when]
            if not due:
                break
            at, uid = min(due)
            self._now = max(self._now, at)
            self._happen(uid)
        self._now = max(self._now, when)
        self._expire_checkouts()

    def _due(self, uid: str, book: Book) -> datetime | None:
        subscription = self.objects[uid]
        if subscription["status"] not in LIVE or subscription["status"] == "paused":
            return None
        times = [datetime.fromtimestamp(self._item(uid)["current_period_end"], UTC), *book.retries[:1]]
        if subscription["status"] == "incomplete":
            times = []
        if subscription["cancel_at"]:
            times.append(datetime.fromtimestamp(subscription["cancel_at"], UTC))
        if book.gives_up_at:
            times.append(book.gives_up_at)
        return min(times, default=None)

    def _happen(self, uid: str) -> None:
        subscription, book = self.objects[uid], self.books[uid]
        if subscription["status"] == "incomplete":
            subscription["status"] = "incomplete_expired"
            self._end(uid, "customer.subscription.updated")
        elif subscription["cancel_at"] and subscription["cancel_at"] <= self.at:
            self.cancel(uid)
        elif book.retries and book.retries[0] <= self._now:
            self._retry(uid)
        else:
            self._next_period(uid)

    # --- Seeding ---------------------------------------------------------------------------------------------------

    def new_id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}_standin{self._count:06}"

    def put(self, found: Object) -> Object:
        self.objects[found["id"]] = found
        return found

    def seed(self) -> None:
        """What the demo sells: one product at a price for a month and one for a year."""
        if "prod_premium" in self.objects:
            return
        tier = {"tier": "paid"}
        self.put(shapes.product("prod_premium", self.at, name="Backbeat Premium", metadata=tier))
        for uid, amount, interval in (("price_month", 999, "month"), ("price_year", 9990, "year")):
            self.put(
                shapes.price(
                    uid,
                    self.at,
                    product="prod_premium",
                    amount=amount,
                    currency="usd",
                    interval=interval,
                    metadata=tier,
                )
            )

    # --- Events ----------------------------------------------------------------------------------------------------

    def tell(self, kind: str, about: Object) -> None:
        event = shapes.event(
            self.new_id("evt"), self.at, kind=kind, about=copy.deepcopy(about), api_version=API_VERSION
        )
        self.events.append(event)
        self.undelivered.append(event)

    # --- Customers and checkout ------------------------------------------------------------------------------------

    def create_customer(self, asked: Object) -> Object:
        found = shapes.customer(
            self.new_id("cus"), self.at, email=asked.get("email"), name=asked.get("name"),
            metadata=asked.get("metadata") or {},
        )  # fmt: skip
        self.tell("customer.created", self.put(found))
        return found

    def delete_customer(self, uid: str) -> Object:
        """Its subscriptions end at once."""
        for subscription in self.subscriptions_of(uid):
            if subscription["status"] in LIVE:
                self.cancel(subscription["id"])
        self.tell("customer.deleted", self.objects[uid])
        return self.put({"id": uid, "object": "customer", "deleted": True})

    def create_checkout(self, asked: Object) -> Object:
        uid = self.new_id("cs")
        found = shapes.checkout_session(uid, self.at, url=f"{self.base}/c/pay/{uid}", asked=asked)
        self.asked[uid] = asked
        return self.put(found)

    def pay_checkout(self, uid: str) -> Object:
        """What the person does at the checkout; with a card that is declined nothing happens."""
        session, asked = self.objects[uid], self.asked[uid]
        if session["status"] != "open" or session["customer"] in self.declines:
            return session
        data = asked.get("subscription_data") or {}
        made = self.subscribe(
            session["customer"], asked["line_items"][0]["price"], trial_days=int(data.get("trial_period_days") or 0)
        )
        session |= {
            "status": "complete", "payment_status": "paid", "subscription": made["id"], "url": None,
            "invoice": made["latest_invoice"],
        }  # fmt: skip
        self.tell("checkout.session.completed", session)
        return session

    def expire_checkout(self, uid: str) -> Object:
        session = self.objects[uid]
        if session["status"] == "open":
            session |= {"status": "expired", "url": None}
            self.tell("checkout.session.expired", session)
        return session

    def _expire_checkouts(self) -> None:
        for uid in list(self.asked):
            if self.objects[uid]["expires_at"] <= self.at:
                self.expire_checkout(uid)

    # --- Subscriptions ---------------------------------------------------------------------------------------------

    def subscribe(self, customer: str, price_id: str, *, trial_days: int = 0, has_method: bool = True) -> Object:
        price, uid = self.objects[price_id], self.new_id("sub")
        anchor = self._now + timedelta(days=trial_days)
        book = self.books[uid] = Book(anchor, has_method=has_method)
        end = anchor if trial_days else period_end(anchor, price["recurring"]["interval"], 1)
        book.periods = 0 if trial_days else 1
        item = shapes.item(
            self.new_id("si"), self.at, subscription=uid, price=price, start=self.at, end=int(end.timestamp())
        )
        found = self.put(shapes.subscription(uid, self.at, customer=customer, items=[item], metadata={}))
        if has_method:
            method = self.put(shapes.payment_method(self.new_id("pm"), self.at, customer=customer))
            found["default_payment_method"] = method["id"]
        if trial_days:
            found |= {"status": "trialing", "trial_start": self.at, "trial_end": int(end.timestamp())}
            self._invoice(uid, "subscription_create", amount=0)
        elif self._charge(self._invoice(uid, "subscription_create")):
            found["status"] = "active"
        else:
            book.gives_up_at = self._now + timedelta(hours=23)
        self.tell("customer.subscription.created", found)
        return found

    def update(self, uid: str, asked: Object) -> Object:
        found = self.objects[uid]
        if "cancel_at_period_end" in asked:
            ends = asked["cancel_at_period_end"] in (True, "true")
            end = self._item(uid)["current_period_end"]
            found |= {"cancel_at_period_end": ends, "cancel_at": end if ends else None}
            found["canceled_at"] = self.at if ends else None
        if asked.get("pause_collection"):
            found["pause_collection"] = {"behavior": "void", "resumes_at": None}
        elif "pause_collection" in asked:
            found["pause_collection"] = None
        if asked.get("items"):
            self._change_price(uid, asked["items"][0]["price"])
        self.tell("customer.subscription.updated", found)
        return found

    def _change_price(self, uid: str, price_id: str) -> None:
        """At once; the difference is on an invoice of its own, and another interval begins a new period."""
        item, price, book = self._item(uid), self.objects[price_id], self.books[uid]
        if item["price"]["id"] == price_id:
            return
        is_other = item["price"]["recurring"]["interval"] != price["recurring"]["interval"]
        item |= {"price": price, "plan": shapes.plan(price)}
        if is_other:
            book.anchor, book.periods = self._now, 1
            end = period_end(self._now, price["recurring"]["interval"], 1)
            item |= {"current_period_start": self.at, "current_period_end": int(end.timestamp())}
        self._charge(self._invoice(uid, "subscription_update", prorated=not is_other))

    def cancel(self, uid: str) -> Object:
        self.objects[uid]["status"] = "canceled"
        self._end(uid, "customer.subscription.deleted")
        return self.objects[uid]

    def _end(self, uid: str, kind: str) -> None:
        found, book = self.objects[uid], self.books[uid]
        found |= {"ended_at": self.at, "canceled_at": found["canceled_at"] or self.at}
        book.retries, book.gives_up_at = [], None
        self.tell(kind, found)

    def resume(self, uid: str) -> None:
        """A paused subscription gets a payment method, and begins to be paid for."""
        self.books[uid].has_method = True
        self.objects[uid]["status"] = "active"
        self.books[uid].anchor, self.books[uid].periods = self._now, 0
        self._item(uid)["current_period_end"] = self.at
        self._next_period(uid)

    def _item(self, uid: str) -> Object:
        item: Object = self.objects[uid]["items"]["data"][0]
        return item

    def subscriptions_of(self, customer: str) -> list[Object]:
        return [self.objects[uid] for uid in self.books if self.objects[uid]["customer"] == customer]

    def _next_period(self, uid: str) -> None:
        found, book, item = self.objects[uid], self.books[uid], self._item(uid)
        if found["status"] == "trialing" and not book.has_method:
            found["status"] = "paused"
            self.tell("customer.subscription.paused", found)
            return
        book.periods += 1
        end = period_end(book.anchor, item["price"]["recurring"]["interval"], book.periods)
        item |= {"current_period_start": item["current_period_end"], "current_period_end": int(end.timestamp())}
        if found["status"] != "unpaid":
            self._bill_period(uid)
        self.tell("customer.subscription.updated", found)

    def _bill_period(self, uid: str) -> None:
        found, book = self.objects[uid], self.books[uid]
        invoice = self._invoice(uid, "subscription_cycle")
        if found["pause_collection"]:
            invoice["status"] = "void"
        elif self._charge(invoice):
            found["status"], book.retries = "active", []
        else:
            found["status"] = "past_due"
            book.retries = [self._now + timedelta(days=days) for days in RETRY_DAYS]

    def _retry(self, uid: str) -> None:
        found, book = self.objects[uid], self.books[uid]
        book.retries.pop(0)
        if self._charge(self.objects[found["latest_invoice"]]):
            found["status"], book.retries = "active", []
            self.tell("customer.subscription.updated", found)
        elif not book.retries and self.after_retries == "canceled":
            self.cancel(uid)
        elif not book.retries and self.after_retries == "unpaid":
            found["status"] = "unpaid"
            self.tell("customer.subscription.updated", found)

    # --- Money -----------------------------------------------------------------------------------------------------

    def _invoice(self, uid: str, reason: str, amount: int | None = None, *, prorated: bool = False) -> Object:
        found, item, invoice_id = self.objects[uid], self._item(uid), self.new_id("in")
        line = shapes.line(
            self.new_id("il"), invoice=invoice_id, amount=item["price"]["unit_amount"] if amount is None else amount,
            subscription=uid, item=item["id"], start=self.at if prorated else item["current_period_start"],
            end=item["current_period_end"], prorated=prorated,
        )  # fmt: skip
        made = self.put(shapes.invoice(invoice_id, self.at, subscription=found, reason=reason, line=line))
        customer = self.objects[found["customer"]]
        made |= {"customer_email": customer["email"], "customer_name": customer["name"]}
        found["latest_invoice"] = invoice_id
        if amount == 0:
            self._mark_paid(made)
        return made

    def _mark_paid(self, invoice: Object) -> None:
        invoice |= {"status": "paid", "amount_paid": invoice["amount_due"], "amount_remaining": 0, "attempted": True}
        invoice["status_transitions"]["paid_at"] = self.at
        self.tell("invoice.paid", invoice)

    def _charge(self, invoice: Object) -> bool:
        """Whether the card was good; in both cases there is a charge."""
        customer, amount = invoice["customer"], invoice["amount_due"]
        pays = customer not in self.declines
        intent = self.put(
            shapes.payment_intent(
                self.new_id("pi"), self.at, amount=amount, customer=customer, method=self.new_id("pm")
            )
        )
        charge = self.put(
            shapes.charge(self.new_id("ch"), self.at, amount=amount, customer=customer, intent=intent["id"], paid=pays)
        )
        intent["latest_charge"] = charge["id"]
        invoice["attempt_count"] += 1
        if pays:
            intent |= {"status": "succeeded", "amount_received": amount}
        self.put(
            shapes.invoice_payment(
                self.new_id("inpay"),
                self.at,
                invoice=invoice["id"],
                intent=intent["id"],
                amount=amount,
                status="paid" if pays else "open",
            )
        )
        if pays:
            self._mark_paid(invoice)
        else:
            self.tell("invoice.payment_failed", invoice)
        return pays

    def last_charge(self, uid: str) -> Object:
        """Of the newest invoice of a period that was paid."""
        return self._charges(uid)[-1]

    def has_charge(self, uid: str) -> bool:
        return bool(self._charges(uid))

    def _charges(self, uid: str) -> list[Object]:
        invoices = [found["id"] for found in self.all_of("invoice") if self._paid_for_a_period(found, uid)]
        intents = [
            payment["payment"]["payment_intent"]
            for payment in self.all_of("invoice_payment")
            if payment["invoice"] in invoices and payment["status"] == "paid"
        ]
        return [self.objects[self.objects[intent]["latest_charge"]] for intent in intents]

    def _paid_for_a_period(self, invoice: Object, uid: str) -> bool:
        [line] = invoice["lines"]["data"]
        return bool(
            line["subscription"] == uid
            and invoice["amount_paid"]
            and not line["parent"]["subscription_item_details"]["proration"]
        )

    def refund(self, uid: str, amount: int | None = None) -> Object:
        """Give the last payment of a subscription back, all of it unless an amount is said."""
        charge = self.last_charge(uid)
        given = charge["amount"] - charge["amount_refunded"] if amount is None else amount
        charge["amount_refunded"] += given
        charge["refunded"] = charge["amount_refunded"] >= charge["amount"]
        made = self.put(shapes.refund(self.new_id("re"), self.at, charge=charge, amount=given))
        self.tell("refund.created", made)
        self.tell("charge.refunded", charge)
        return made

    def dispute(self, uid: str) -> Object:
        charge = self.last_charge(uid)
        charge["disputed"] = True
        made = self.put(shapes.dispute(self.new_id("dp"), self.at, charge=charge))
        self.tell("charge.dispute.created", made)
        return made

    def close_dispute(self, dispute_id: str, outcome: str) -> None:
        self.objects[dispute_id]["status"] = outcome
        self.tell("charge.dispute.closed", self.objects[dispute_id])

    def warn_of_fraud(self, uid: str) -> None:
        made = self.put(shapes.fraud_warning(self.new_id("issfr"), self.at, charge=self.last_charge(uid)))
        self.tell("radar.early_fraud_warning.created", made)

    def all_of(self, kind: str) -> list[Object]:
        return [found for found in self.objects.values() if found["object"] == kind]

    # --- The truth, for tests --------------------------------------------------------------------------------------

    def is_paid_for(self, uid: str, at: datetime) -> bool:
        """Whether money was taken, and not given back, for the time `at`; a trial counts as paid."""
        found = self.objects[uid]
        if found["ended_at"] and found["ended_at"] <= at.timestamp():
            return False
        if found["status"] == "trialing":
            return bool(found["trial_end"] > at.timestamp())
        return any(self._pays_for(payment, uid, at) for payment in self.all_of("invoice_payment"))

    def _pays_for(self, payment: Object, uid: str, at: datetime) -> bool:
        [line] = self.objects[payment["invoice"]]["lines"]["data"]
        charge = self.objects[self.objects[payment["payment"]["payment_intent"]]["latest_charge"]]
        return bool(
            payment["status"] == "paid"
            and line["subscription"] == uid
            and not line["parent"]["subscription_item_details"]["proration"]
            and line["period"]["start"] <= at.timestamp() < line["period"]["end"]
            and self.is_kept(charge)
        )

    def is_kept(self, charge: Object) -> bool:
        """Neither given back nor held back by a dispute."""
        disputes = [found for found in self.all_of("dispute") if found["charge"] == charge["id"]]
        return not charge["refunded"] and all(found["status"] == "won" for found in disputes)

    def paid_or_promised_until(self, uid: str) -> datetime:
        """The end of the last period that was ever paid for, or of a trial, whatever came after."""
        ends = [self.objects[uid]["start_date"], self.objects[uid]["trial_end"] or 0]
        ends += [
            invoice["lines"]["data"][0]["period"]["end"]
            for invoice in self.all_of("invoice")
            if self._paid_for_a_period(invoice, uid)
        ]
        return datetime.fromtimestamp(max(ends), UTC)
