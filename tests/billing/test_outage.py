"""A provider that is away, events that are lost for good, and workers that die: who has paid has what they paid for."""

from datetime import timedelta

import pytest
import time_machine

from billing import tasks
from billing.models import ProviderEvent, Purchase
from billing.purchases import events, services
from billing.purchases.providers import ProviderDown
from tests.billing.conftest import START
from tests.fakes.stripe import delivery

PERIOD_END = START + timedelta(days=30)


def test_a_provider_that_is_down_for_a_day_takes_nothing_from_who_paid(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.answers = False
    delivery.drop(shop.stripe)

    shop.advance_to(PERIOD_END + timedelta(minutes=59))
    services.check_due_purchases()
    assert (shop.tier(bob), shop.said(bob)[3]) == ("paid", False)

    shop.advance_to(PERIOD_END + timedelta(hours=1))
    assert (shop.tier(bob), shop.said(bob)[3]) == ("paid", True)
    shop.advance_to(PERIOD_END + timedelta(hours=24) - timedelta(seconds=1))
    assert shop.tier(bob) == "paid"
    shop.advance_to(PERIOD_END + timedelta(hours=24))
    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "ended")

    shop.stripe.answers = True
    services.check_due_purchases()
    assert (shop.tier(bob), shop.said(bob)) == ("paid", ("active", "2027-01-25T12:00:00.000000Z", None, False))


def test_one_that_does_not_renew_gets_no_day_more(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.update(uid, {"cancel_at_period_end": "true"})
    shop.tell()
    shop.stripe.answers = False

    shop.advance_to(PERIOD_END)

    assert shop.tier(bob) == "free"


def test_who_asks_again_and_again_waits_longer_each_time(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.answers = False
    waits = []
    for _ in range(9):
        due = Purchase.objects.get().check_at
        shop.advance_to(due)
        services.check_due_purchases()
        waits.append((Purchase.objects.get().check_at - due) / timedelta(minutes=5))

    assert waits == [1, 2, 4, 8, 16, 32, 64, 72, 72]


def test_an_event_waits_until_its_provider_answers(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    shop.stripe.answers = False
    shop.tell()
    waiting = ProviderEvent.objects.filter(processed_at=None)
    assert waiting.exists()
    assert {event.attempts for event in waiting} == {1}
    assert "Stripe is away" in waiting[0].note
    assert shop.tier(bob) == "free"

    shop.stripe.answers = True
    shop.work()

    assert not ProviderEvent.objects.filter(processed_at=None).exists()
    assert shop.tier(bob) == "paid"


def test_what_a_dead_worker_had_taken_is_taken_up_again(shop, api_as, bob, month):
    """The event is stored, its job is gone: nobody has worked on it."""
    shop.buy(api_as(bob), month)
    delivery.flush(shop.stripe, shop.deliver)
    assert events.pick_up_events() == 0

    with time_machine.travel(START + events.CLAIM, tick=False):
        assert events.pick_up_events() == ProviderEvent.objects.filter(processed_at=None).count() > 0
        assert events.pick_up_events() == 0


def test_a_worker_that_dies_after_asking_leaves_nothing_half_done(shop, api_as, bob, month, monkeypatch):
    """What it would have written is written by the next: the row, the rights and the event's end go one by one."""
    shop.buy(api_as(bob), month)
    delivery.flush(shop.stripe, shop.deliver)

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    for step in ("fold_user", "_warn_of_two"):
        with monkeypatch.context() as patch:
            patch.setattr(services, step, die)
            with pytest.raises(Killed):
                shop.work()
        assert not Purchase.objects.exists()
    shop.work()

    assert shop.tier(bob) == "paid"


def test_news_that_is_lost_for_good_is_found_in_the_night(shop, api_as, bob, charlie, month):
    kept = shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.cancel(kept)
    shop.buy(api_as(charlie), month)
    delivery.drop(shop.stripe)
    assert shop.tier(bob) == "paid"

    assert services.reconcile(provider="stripe") == 2
    assert (shop.tier(bob), shop.tier(charlie)) == ("free", "paid")
    assert services.reconcile(provider="stripe") == 0


def test_one_purchase_that_can_not_be_compared_does_not_stop_the_others(shop, api_as, bob, charlie, month):
    broken = shop.buy(api_as(bob), month)
    shop.buy(api_as(charlie), month)
    delivery.drop(shop.stripe)
    shop.stripe.objects[broken]["items"]["data"] = []

    services.reconcile(provider="stripe")
    shop.stripe.tell("customer.subscription.updated", shop.stripe.objects[broken])
    shop.tell()

    assert shop.tier(charlie) == "paid"
    assert ProviderEvent.objects.get(processed_at=None).attempts == 1


def test_the_night_stops_when_the_provider_is_away(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    shop.stripe.answers = False

    with pytest.raises(ProviderDown):
        services.reconcile(provider="stripe")


def test_one_provider_that_is_away_does_not_stop_the_night(shop, caplog):
    shop.stripe.answers = False

    tasks.reconcile()

    assert "the nightly comparison is left to the next night" in caplog.messages


def test_rights_do_not_wait_for_what_the_key_may_not_mirror(shop, api_as, bob, month, caplog):
    shop.stripe.forbidden = {"/v1/account"}
    shop.buy(api_as(bob), month)
    shop.tell()

    assert shop.tier(bob) == "paid"
    assert "dj-stripe could not mirror a subscription" in caplog.messages


def test_a_key_that_may_too_little_is_as_if_stripe_were_away(shop, api_as, bob, month, caplog):
    shop.stripe.forbidden = {"/v1/invoices"}
    shop.buy(api_as(bob), month)
    shop.tell()
    assert (shop.tier(bob), "Stripe refuses our key" in caplog.messages) == ("free", True)

    shop.stripe.forbidden = set()
    shop.work()

    assert shop.tier(bob) == "paid"


def test_a_purchase_that_its_provider_no_longer_knows_is_not_asked_for_forever(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    del shop.stripe.objects[uid], shop.stripe.books[uid]

    shop.advance_to(PERIOD_END + timedelta(minutes=5))

    assert services.check_due_purchases() == 1
    assert services.check_due_purchases() == 0
