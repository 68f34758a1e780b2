"""A subscription's life with everything that networks, workers and clocks do to it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from billing.entitlements import entitlements_for
from billing.models import ProviderEvent
from billing.purchases import events, services
from streaming.lib import clock
from tests.billing.conftest import START
from tests.factories import UserFactory
from tests.fakes.stripe import Stripe, delivery

GRACE, ALLOWANCE = timedelta(days=7), timedelta(hours=24)
# Days on which calendars and clocks have their own ideas: month ends, a leap day, a change to summer time.
BEGINNINGS = [START, *(datetime(*day, 23, 59, 30, tzinfo=UTC) for day in ((2027, 1, 31), (2028, 2, 28), (2028, 3, 25)))]
STEPS = st.sampled_from(
    [
        timedelta(seconds=1),
        timedelta(hours=1),
        timedelta(hours=24),
        timedelta(days=3),
        timedelta(days=7),
        timedelta(days=31),
    ]
)


class Life(RuleBasedStateMachine):
    """Stripe knows the truth. We may learn of it late, twice, in any order, or from the nightly comparison only."""

    shop = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.ever_until = START

    def teardown(self):
        try:
            if hasattr(self, "user"):
                self.quiet()
        finally:
            self.roll_back()

    def roll_back(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @property
    def stripe(self):
        return self.shop.stripe

    @property
    def uids(self):
        return [found["id"] for found in self.stripe.subscriptions_of(self.customer)]

    def live(self, *statuses):
        found = [uid for uid in self.uids if self.stripe.objects[uid]["status"] in (statuses or ("active", "trialing"))]
        return found[-1] if found else None

    @initialize(begin=st.sampled_from(BEGINNINGS))
    def begin(self, begin):
        Stripe.__init__(self.stripe, begin, base=self.stripe.base)
        self.stripe.seed()
        self.shop.travel.move_to(begin)
        self.user = UserFactory()
        metadata = {"djstripe_subscriber": str(self.user.pk)}
        self.customer = self.stripe.create_customer({"email": self.user.email, "metadata": metadata})["id"]

    # What the customer and their bank do.

    @rule(data=st.data())
    def somebody_acts(self, data):
        data.draw(st.sampled_from(self.possible()))(data)

    @rule(data=st.data())
    def somebody_acts_again(self, data):
        """So that people act as often as networks do."""
        data.draw(st.sampled_from(self.possible()))(data)

    def possible(self):
        """What somebody could do now. One rule for all, so that networks and clocks get their turns."""
        acts = [self.card]
        if not self.live("active", "trialing", "past_due", "unpaid", "paused", "incomplete"):
            acts.append(self.subscribe)
        if self.live():
            acts += [self.renewal, self.cancel]
        if self.live("active") and self.customer not in self.stripe.declines:
            acts.append(self.change_plan)
        if self.live("paused") and self.customer not in self.stripe.declines:
            acts.append(self.resume)
        if self.paid_one():
            acts += [self.refund, self.dispute]
        if self.open_disputes():
            acts.append(self.close_dispute)
        return acts

    def subscribe(self, data):
        trial, has_method = data.draw(st.sampled_from([(0, True), (7, True), (7, False)]))
        price = data.draw(st.sampled_from(["price_month", "price_year"]))
        self.stripe.subscribe(self.customer, price, trial_days=trial, has_method=has_method)

    def card(self, data):
        self.stripe.after_retries = data.draw(st.sampled_from(["canceled", "unpaid"]))
        (self.stripe.declines.discard if data.draw(st.booleans()) else self.stripe.declines.add)(self.customer)

    def renewal(self, data):
        self.stripe.update(self.live(), {"cancel_at_period_end": data.draw(st.booleans())})

    def cancel(self, data):
        self.stripe.cancel(self.live())

    def change_plan(self, data):
        price = data.draw(st.sampled_from(["price_month", "price_year"]))
        self.stripe.update(self.live("active"), {"items": [{"price": price}]})

    def resume(self, data):
        self.stripe.resume(self.live("paused"))

    def refund(self, data):
        self.stripe.refund(self.paid_one())

    def dispute(self, data):
        made = self.stripe.dispute(self.paid_one())
        outcome = data.draw(st.sampled_from(["needs_response", "won", "lost"]))
        if outcome != "needs_response":
            self.stripe.close_dispute(made["id"], outcome)

    def close_dispute(self, data):
        outcome = data.draw(st.sampled_from(["won", "lost"]))
        self.stripe.close_dispute(self.open_disputes()[0], outcome)

    def open_disputes(self):
        return [found["id"] for found in self.stripe.all_of("dispute") if found["status"] == "needs_response"]

    def paid_one(self):
        """A running subscription with a charge that nobody has asked back yet."""
        uid = self.live("active")
        if uid is None or not self.stripe.has_charge(uid):
            return None
        charge = self.stripe.last_charge(uid)
        return None if charge["refunded"] or charge["disputed"] else uid

    # What networks, workers and clocks do.

    @rule(fate=st.sampled_from(["arrives", "arrives twice", "is lost"]), seed=st.integers(0, 9))
    def news(self, fate, seed):
        if fate == "is lost":
            delivery.drop(self.stripe)
        else:
            delivery.flush(self.stripe, self.shop.deliver, seed=seed, duplicate=fate == "arrives twice")

    @rule(count=st.integers(1, 5), answers=st.booleans())
    def work(self, count, answers):
        """A worker takes some of what waits, while Stripe answers or is away, and is killed."""
        self.stripe.answers = answers
        for pk in ProviderEvent.objects.filter(processed_at=None).order_by("?").values_list("pk", flat=True)[:count]:
            events.process_event(event_pk=pk)

    @rule(step=STEPS)
    def time(self, step):
        self.shop.advance(seconds=step.total_seconds())
        services.check_due_purchases()

    @rule()
    def quiet(self):
        """Everything has arrived, or was found in the night: what we say is what is true."""
        self.stripe.answers = True
        self.shop.work()
        services.reconcile(provider="stripe")
        self.shop.tell()
        assert self.says_paid() == self.is_paid()

    # What is true.

    def says_paid(self):
        return entitlements_for(self.user, clock.now()).tier == "paid"

    def is_paid(self):
        at = self.stripe.now
        return any(self.stripe.is_paid_for(uid, at) or self.has_grace(uid, at) for uid in self.uids)

    def has_grace(self, uid, at):
        found = self.stripe.objects[uid]
        begun = datetime.fromtimestamp(found["items"]["data"][0]["current_period_start"], UTC)
        given_back = self.stripe.has_charge(uid) and not self.stripe.is_kept(self.stripe.last_charge(uid))
        return found["status"] == "past_due" and at < begun + GRACE and not given_back

    @invariant()
    def nobody_has_what_was_never_paid_for(self):
        if not hasattr(self, "user"):
            return
        for uid in self.uids:
            self.ever_until = max(self.ever_until, self.stripe.paid_or_promised_until(uid))
        if self.says_paid():
            assert clock.now() < self.ever_until + max(ALLOWANCE, GRACE)


@pytest.mark.django_db
def test_what_we_say_is_what_stripe_knows(shop, month, year):
    machine = type("Bound", (Life,), {"shop": shop})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
