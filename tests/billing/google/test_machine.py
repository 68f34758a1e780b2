"""A subscription's life at Google Play, with everything that networks, workers, apps and clocks do to it."""

import contextlib
from datetime import timedelta

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
from billing.models import ProviderEvent, Purchase
from billing.offers.services import claim_purchase
from billing.purchases import events, services
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.billing.test_machine import BEGINNINGS, STEPS
from tests.factories import UserFactory
from tests.fakes.google import delivery

GRACE, ALLOWANCE = timedelta(days=7), timedelta(hours=24)
# No night is further away than this, nor any outage longer than a day or two.
NIGHTS_WITHIN, LONG = timedelta(days=28), timedelta(days=3)
LIVE = ("ACTIVE", "IN_GRACE_PERIOD", "ON_HOLD", "PAUSED", "CANCELED")
PLANS = {"monthly": "month", "yearly": "year"}


class Life(RuleBasedStateMachine):
    """Google knows the truth. We may learn of it late, twice, in any order, from an app, or at night only."""

    shop = None

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

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
    def play(self):
        return self.shop.play

    def tokens(self, *states, has_time=False):
        """What was bought and is in one of these states, the newest first. What another one continues is left alone."""
        return [
            one.token
            for one in reversed(self.play.bought.values())
            if one.state in states and not one.over_at and (not has_time or one.expires > self.play.now)
        ]

    @initialize(begin=st.sampled_from(BEGINNINGS))
    def begin(self, begin):
        self.play.begin(begin)
        self.shop.travel.move_to(begin)
        self.ever_until = self.night_at = begin
        self.user, self.stranger = UserFactory(), UserFactory()

    # What the buyer, their bank and Google do.

    @rule(data=st.data(), times=st.integers(1, 3))
    def somebody_acts(self, data, times):
        """More than once, so that people act as often as networks do."""
        for _ in range(times):
            data.draw(st.sampled_from(self.possible()))(data)

    def possible(self):
        """What somebody could do now. One rule for all, so that networks and clocks get their turns."""
        if not self.tokens(*LIVE, "PENDING"):
            return [self.buy, *([self.subscribe_again] if self.tokens("EXPIRED") else [])]
        acts = [self.choose]
        if len(self.tokens(*LIVE)) < 2:
            acts.append(self.buy)
        if self.tokens("ACTIVE"):
            acts.append(self.pause)
        if self.tokens("CANCELED", has_time=True):
            acts.append(self.restart)
        if self.tokens(*LIVE):
            acts += [self.card, self.cancel, self.revoke, self.void]
        if self.continuable():
            acts += [self.replace, self.replace_later]
        if self.tokens("CANCELED", "EXPIRED"):
            acts.append(self.subscribe_again)
        if self.tokens("PAUSED"):
            acts.append(self.resume)
        if self.tokens("PENDING"):
            acts.append(self.end_pending)
        return acts

    def draw(self, data, tokens):
        """Most often the newest."""
        return data.draw(st.sampled_from(tokens[:3]))

    def continuable(self):
        return self.tokens("ACTIVE", "IN_GRACE_PERIOD", "CANCELED", has_time=True)

    def choose(self, data):
        """The seller's choice for payments that fail from now on."""
        self.play.gives_grace, self.play.gives_hold = data.draw(st.booleans()), data.draw(st.booleans())

    def buy(self, data):
        plan = data.draw(st.sampled_from(list(PLANS)))
        kind = data.draw(st.sampled_from([{}, {}, {"trial_days": 7}, {"pending": True}, {"test": True}]))
        account = data.draw(st.sampled_from([self.user.uid, ""]))
        self.play.buy(plan=plan, period=PLANS[plan], account=account, **kind)

    def card(self, data):
        good = data.draw(st.booleans())
        (self.play.pay if good else self.play.decline)(self.draw(data, self.tokens(*LIVE)))

    def cancel(self, data):
        self.play.cancel(self.draw(data, self.tokens(*LIVE)))

    def restart(self, data):
        self.play.restart(self.draw(data, self.tokens("CANCELED", has_time=True)))

    def pause(self, data):
        days = data.draw(st.sampled_from([7, 30, 90]))
        self.play.schedule_pause(self.draw(data, self.tokens("ACTIVE")), timedelta(days=days))

    def resume(self, data):
        self.play.resume(self.draw(data, self.tokens("PAUSED")))

    def revoke(self, data):
        self.play.revoke(self.draw(data, self.tokens(*LIVE)))

    def void(self, data):
        self.play.void(self.draw(data, self.tokens(*LIVE)))

    def replace(self, data):
        plan, lingers = data.draw(st.sampled_from(list(PLANS))), data.draw(st.booleans())
        self.play.replace(self.draw(data, self.continuable()), plan=plan, lingers=lingers)

    def replace_later(self, data):
        """Another plan whose first payment is waited for."""
        self.continue_with(data, self.continuable(), pending=True)

    def subscribe_again(self, data):
        self.continue_with(data, self.tokens("CANCELED", "EXPIRED"))

    def continue_with(self, data, tokens, **kind):
        old = self.play.bought[self.draw(data, tokens)]
        plan = data.draw(st.sampled_from(list(PLANS)))
        bought = {"plan": plan, "period": PLANS[plan], "account": old.account, "test": old.is_test, **kind}
        self.play.buy(linked=old.token, **bought)

    def end_pending(self, data):
        token = self.draw(data, self.tokens("PENDING"))
        (self.play.pay_pending if data.draw(st.booleans()) else self.play.cancel_pending)(token)

    # What apps, networks, workers and clocks do.

    @rule(data=st.data(), is_stranger=st.booleans())
    def app(self, data, is_stranger):
        """It shows a purchase: a new one, one that it has shown before, or an old one.

        What was bought for somebody gives a stranger nothing.
        """
        shown = [one.token for one in reversed(self.play.bought.values()) if one.account or not is_stranger]
        if shown:
            self.show(self.stranger if is_stranger else self.user, self.draw(data, shown))

    def show(self, user, token):
        with contextlib.suppress(DomainError):
            claim_purchase(user=user, provider="google", proof=token)

    @rule(fate=st.sampled_from(["arrives", "arrives twice", "is lost"]), seed=st.integers(0, 9))
    def news(self, fate, seed):
        if fate == "is lost":
            delivery.drop(self.play)
        else:
            delivery.flush(self.play, self.shop.deliver, seed=seed, duplicate=fate == "arrives twice")

    @rule(count=st.integers(1, 5), answers=st.booleans(), takes=st.booleans())
    def work(self, count, answers, takes):
        """A worker takes some of what waits, while Google answers, all or in part, or is away, and is killed."""
        self.play.answers, self.play.takes_acknowledgements = answers, takes
        for pk in ProviderEvent.objects.filter(processed_at=None).order_by("?").values_list("pk", flat=True)[:count]:
            events.process_event(event_pk=pk)

    @rule(after=st.sampled_from([-1, 0, 1, 3600]))
    def next_change(self, after):
        """Right before, at, or after the next instant at which something happens by itself at Google."""
        if (due := self.play.next_due()) is not None:
            self.time(max(due + timedelta(seconds=after) - self.play.now, timedelta(0)))

    @rule(step=STEPS)
    def time_goes_by(self, step):
        self.time(step)

    def time(self, step):
        self.shop.advance(seconds=step.total_seconds())
        if step >= LONG:
            self.play.answers = self.play.takes_acknowledgements = True
        services.check_due_purchases()
        if self.play.now - self.night_at >= NIGHTS_WITHIN:
            self.night()

    def night(self):
        self.play.answers = self.play.takes_acknowledgements = True
        self.night_at = self.play.now
        services.reconcile(provider="google")

    @rule()
    def quiet(self):
        """Everything has arrived, or was found in the night or by the app: what we say is what is true."""
        self.play.answers = self.play.takes_acknowledgements = True
        self.shop.work()
        self.open_app()
        self.night()
        services.check_due_purchases()
        self.says_what_is_true()
        self.shop.tell()
        self.says_what_is_true()
        assert not ProviderEvent.objects.filter(processed_at=None).exists()

    def open_app(self):
        """Google lists purchases to the buyer's phone only. The app shows what we could not know to be theirs."""
        known = Purchase.objects.values_list("external_id", flat=True)
        owned = known.filter(user=self.user)
        for token in self.tokens(*LIVE, "PENDING"):
            if token not in known or not {*self.chain(token)} & {*owned}:
                self.show(self.user, token)

    def chain(self, token):
        while token:
            yield token
            token = self.play.bought[token].linked

    # What is true.

    def says_what_is_true(self):
        paid = [token for token in self.play.bought if self.play.is_paid_for(token, self.play.now)]
        assert self.says_paid() == bool(paid)
        assert all(self.play.bought[token].acknowledged for token in paid)
        if paid:
            # If nothing more is heard.
            ends = max(map(self.ends, paid))
            assert self.says_paid(ends - timedelta(seconds=1))
            assert not self.says_paid(ends)

    def ends(self, token):
        """Of what is paid for or lent now: the end of that, and a day more only where a renewal is expected."""
        ends = self.play.paid_or_lent_until(token, self.play.now)
        return ends + ALLOWANCE if self.play.bought[token].state == "ACTIVE" else ends

    def says_paid(self, at=None):
        return entitlements_for(self.user, at or clock.now()).tier == "paid"

    @invariant()
    def nobody_has_what_was_never_paid_for(self):
        if not hasattr(self, "user"):
            return
        ends = [self.play.paid_or_promised_until(token) for token in self.play.bought]
        self.ever_until = max([self.ever_until, *filter(None, ends)])
        if self.says_paid():
            assert clock.now() < self.ever_until + max(ALLOWANCE, GRACE)
        assert entitlements_for(self.stranger, clock.now()).tier == "free"


@pytest.mark.django_db
def test_what_we_say_is_what_google_knows(shop, monthly, yearly):
    machine = type("Bound", (Life,), {"shop": shop})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
