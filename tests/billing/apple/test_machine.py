"""A subscription's life at Apple with everything that people, networks, workers and clocks do to it."""

import random
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.entitlements import entitlements_for
from billing.models import ProviderEvent
from billing.purchases import events, services
from streaming.lib import clock
from tests.billing.apple.conftest import START
from tests.factories import UserFactory
from tests.fakes.apple import Store
from tests.fakes.apple.store import ACTIVE, EXPIRED, GONE, GRACE, PRICE, RETRY, REVOKED

ALLOWANCE = timedelta(hours=24)
MOVES, MOVES_WITHIN = 2, timedelta(days=90)
# What is in Apple's history this long is found by the nightly comparison.
LATELY = timedelta(days=7)
FREE_TRIAL = {"offerType": 1, "offerDiscountType": "FREE_TRIAL", "price": 0}
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


LATE = st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(hours=1), timedelta(hours=25)])


class Life(RuleBasedStateMachine):
    """Apple knows the truth. We may learn of it late, twice, in any order, or from the nightly comparison only."""

    app_store = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.users = []

    def teardown(self):
        try:
            if self.users:
                self.quiet()
        finally:
            self.roll_back()

    def roll_back(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @property
    def store(self):
        return self.app_store.store

    @initialize(begin=st.sampled_from(BEGINNINGS), grace_days=st.sampled_from([0, 3, 16]), data=st.data())
    def begin(self, begin, grace_days, data):
        """`grace_days` is what App Store Connect is set to."""
        Store.__init__(self.store, begin, self.store.authority)
        self.store.grace_days = grace_days
        self.app_store.travel.move_to(begin)
        self.users = [UserFactory(), UserFactory()]
        self.ever_until = dict.fromkeys(self.users, datetime(2020, 1, 1, tzinfo=UTC))
        # By subscription: whom it was bought for, who has it, when it moved, and the first proof of each transaction.
        self.named, self.holder, self.moves, self.proofs = {}, {}, {}, {}
        self.last_night, self.is_lost, self.settled = begin, False, set()
        self.buy(data)

    # What buyers, their banks and Apple do.

    @rule(data=st.data(), count=st.integers(1, 3))
    def somebody_acts(self, data, count):
        for _ in range(count):
            data.draw(st.sampled_from(self.possible()))(data)

    @rule(data=st.data())
    def somebody_acts_and_it_is_heard(self, data):
        """So that people act as often as networks do."""
        data.draw(st.sampled_from(self.possible()))(data)
        if not self.is_lost:
            self.everything_is_heard()

    def possible(self):
        """What somebody could do now. One rule for all, so that networks and clocks get their turns."""
        acts = {
            self.card: self.those(ACTIVE),
            self.renewal: self.those(ACTIVE, GRACE, RETRY),
            self.end_for_all: self.those(ACTIVE),
            self.upgrade: self.those(ACTIVE, product="premium.monthly"),
            self.downgrade: self.those(ACTIVE, product="premium.yearly"),
            self.extend: self.those(ACTIVE),
            self.recover: [uid for uid in self.those(GRACE, RETRY) if self.store.subscriptions[uid].renews],
            self.refund: [uid for uid in self.those(ACTIVE, GRACE, RETRY, EXPIRED, is_family=False) if self.kept(uid)],
            self.reverse_refund: self.those(REVOKED, is_family=False),
            self.resubscribe: self.those(EXPIRED, REVOKED, is_family=False),
            self.revoke_family: self.those(ACTIVE, GRACE, is_family=True),
        }
        able = [partial(self.act, act, uids) for act, uids in acts.items() if uids]
        return able if len(self.those(ACTIVE, GRACE, RETRY)) > 1 else [self.buy, *able]

    def act(self, act, uids, data):
        uid = data.draw(st.sampled_from(uids))
        self.settled.discard(uid)
        act(data, uid)
        # What people change shows when something is due.
        if self.store.next_due() and data.draw(st.booleans()):
            self.time_until_something_is_due(data.draw(LATE))

    def those(self, *statuses, product=None, is_family=None):
        return [
            uid
            for uid, held in self.store.subscriptions.items()
            if held.status in statuses
            and product in (None, held.product)
            and is_family in (None, held.transaction["inAppOwnershipType"] == "FAMILY_SHARED")
        ]

    def buy(self, data):
        """In the app; on the store's own page, which names nobody; or somebody of the family did."""
        product = data.draw(st.sampled_from(["premium.monthly", "premium.yearly"]))
        where = data.draw(st.sampled_from(["in the app", "in the app, to try", "on the store's page", "in the family"]))
        named = self.users[0] if where.startswith("in the app") else None
        offer = FREE_TRIAL if where == "in the app, to try" else {}
        uid = self.store.buy(product, account=named and named.uid, is_family=where == "in the family", **offer)
        self.named[uid] = self.holder[uid] = named
        self.moves[uid] = []

    def card(self, data, uid):
        self.store.subscriptions[uid].pays ^= True

    def renewal(self, data, uid):
        self.store.set_renewal(uid, not self.store.subscriptions[uid].renews)

    def end_for_all(self, data, uid):
        """A higher price that was not agreed to, or a product that is sold no more: nobody is told before the end."""
        self.store.will_end(uid, data.draw(st.sampled_from([PRICE, GONE])))

    def upgrade(self, data, uid):
        self.store.upgrade(uid, "premium.yearly")

    def downgrade(self, data, uid):
        self.store.downgrade(uid, data.draw(st.sampled_from(["premium.monthly", ""])))

    def extend(self, data, uid):
        self.store.extend(uid, data.draw(st.sampled_from([1, 14])))

    def recover(self, data, uid):
        self.store.recover(uid)

    def refund(self, data, uid):
        percentage, ends = data.draw(st.sampled_from([(100, True), (40, True), (40, False)]))
        self.store.refund(uid, percentage=percentage, ends=ends)

    def kept(self, uid):
        """Nobody has asked for the money of the last period yet."""
        return "revocationDate" not in self.store.subscriptions[uid].transaction

    def reverse_refund(self, data, uid):
        self.store.reverse_refund(uid)

    def resubscribe(self, data, uid):
        self.store.resubscribe(uid, data.draw(st.sampled_from(["premium.monthly", "premium.yearly"])))

    def revoke_family(self, data, uid):
        self.store.revoke_family(uid)

    # What the app does.

    @rule(data=st.data())
    def apps_show_proofs(self, data):
        """The buyer's app and a stranger's; what is new, what was shown before, or what was put aside long ago."""
        uid = data.draw(st.sampled_from(list(self.named)))
        for claimant in data.draw(st.lists(st.sampled_from(self.users), min_size=1, max_size=4)):
            self.show(uid, claimant, data.draw(st.sampled_from([self.store.proof(uid), *self.proofs[uid].values()])))

    def show(self, uid, claimant, proof):
        may = self.may_have(uid, claimant)

        answer = self.app_store.claim(claimant, proof).status_code

        assert answer == (503 if not self.store.answers else 200 if may else 409)
        if answer == 200 and self.holder[uid] != claimant:
            self.moves[uid] += [clock.now()] if self.holder[uid] else []
            self.holder[uid] = claimant

    def may_have(self, uid, claimant):
        """Theirs, nobody's, or one that names nobody and has not moved often."""
        if self.named[uid] is not None:
            return claimant == self.named[uid]
        lately = [at for at in self.moves[uid] if clock.now() - at < MOVES_WITHIN]
        return self.holder[uid] in (None, claimant) or len(lately) < MOVES

    # What networks, workers and clocks do.

    @rule(fate=st.sampled_from(["arrives", "arrives twice", "is lost"]), seed=st.integers(0, 9))
    def news(self, fate, seed):
        if fate == "is lost":
            self.is_lost = self.is_lost or bool(self.store.undelivered)
            self.store.drop()
        else:
            self.store.flush(self.app_store.deliver, seed=seed, duplicate=fate == "arrives twice")

    @rule(count=st.integers(1, 5), answers=st.booleans(), seed=st.integers(0, 9))
    def work(self, count, answers, seed):
        """A worker takes some of what waits, while Apple answers or is away, and is killed."""
        self.store.answers = answers
        waiting = list(ProviderEvent.objects.filter(processed_at=None).order_by("pk").values_list("pk", flat=True))
        random.Random(seed).shuffle(waiting)
        for pk in waiting[:count]:
            events.process_event(event_pk=pk)

    @rule(step=STEPS)
    def time(self, step):
        self.wait(step)

    @precondition(lambda self: self.store.next_due())
    @rule(late=LATE)
    def time_until_something_is_due(self, late):
        self.wait(self.store.next_due() - self.store.now + late)

    def wait(self, step):
        """With a night before, where Apple's history would forget what is lost or still on its way."""
        if self.store.now + step > self.last_night + LATELY:
            if self.is_lost or self.store.undelivered:
                self.night()
            self.last_night = self.store.now + step
        self.app_store.advance(seconds=step.total_seconds())
        services.check_due_purchases()

    def night(self):
        answers, self.store.answers = self.store.answers, True
        services.reconcile(provider="apple")
        self.store.answers = answers

    @precondition(lambda self: not self.is_lost)
    @rule()
    def everything_is_heard(self):
        """Nothing was lost: the news say what is true, without any night."""
        self.store.answers = True
        self.app_store.tell()
        self.says_what_is_true()

    @rule()
    def quiet(self):
        """What arrived is worked off and the rest was found in the night: what we say is what is true."""
        self.store.answers = True
        self.app_store.work()
        services.reconcile(provider="apple")
        services.check_due_purchases()
        self.is_lost, self.last_night = False, self.store.now
        self.says_what_is_true()

    # What is true.

    def says_what_is_true(self):
        assert [self.says_paid(user) for user in self.users] == [self.is_paid(user) for user in self.users]
        self.settled = {uid for uid, held in self.store.subscriptions.items() if self.is_known_to_end(held)}

    def is_known_to_end(self, held):
        """What ends for all ends unheard of: until then it may be renewed, as far as anybody knows."""
        return held.status != ACTIVE or (not held.renews and held.intent not in (PRICE, GONE))

    def says_paid(self, user):
        return entitlements_for(user, clock.now()).tier == "paid"

    def is_paid(self, user):
        return any(
            self.store.gives_access(uid, self.store.now) for uid, holder in self.holder.items() if holder == user
        )

    @invariant()
    def apps_keep_their_proofs(self):
        for uid, held in self.store.subscriptions.items() if self.users else ():
            kept = self.proofs.setdefault(uid, {})
            if held.transaction["transactionId"] not in kept:
                kept[held.transaction["transactionId"]] = self.store.proof(uid)

    @invariant()
    def what_is_known_to_end_ends_on_time(self):
        """Heard of or not: the allowance is for what may have been renewed."""
        for user in self.users:
            if self.settled.issuperset(uid for uid, holder in self.holder.items() if holder == user):
                assert self.says_paid(user) == self.is_paid(user)

    @invariant()
    def nobody_has_what_was_never_paid_for(self):
        for uid, holder in self.holder.items() if self.users else ():
            if holder is not None:
                self.ever_until[holder] = max(self.ever_until[holder], self.store.paid_until(uid))
        for user in self.users:
            if self.says_paid(user):
                grace = timedelta(days=self.store.grace_days)
                assert clock.now() < self.ever_until[user] + max(ALLOWANCE, grace)


@pytest.mark.django_db
def test_what_we_say_is_what_apple_knows(app_store):
    machine = type("Bound", (Life,), {"app_store": app_store})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
