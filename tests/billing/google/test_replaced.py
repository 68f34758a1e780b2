"""Linked tokens: whichever is heard of first, the newest one gives the rights, alone, and to the same person."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from billing.models import Purchase
from billing.purchases.services import sync_purchase
from billing.rules import fold
from streaming.lib import clock
from tests.billing.google.test_purchases import asked


def rights(user):
    """What gives the user something now: the purchases' ids."""
    found = Purchase.objects.filter(user=user)
    return [one.external_id for one in found if fold([], [one], clock.now()).tier == "paid"]


@pytest.mark.parametrize("lingers", [False, True])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("repeats", [1, 2])
def test_any_order_of_three_linked_tokens_gives_the_same(shop, bob, state, order, lingers, repeats):
    first = shop.play.buy(account=bob.uid)
    second = shop.play.replace(first, lingers=lingers)
    third = shop.play.replace(second, plan="monthly", lingers=lingers)
    tokens = [first, second, third]

    for place in order * repeats:
        with shop.committing(execute=True):
            sync_purchase(provider="google", external_id=tokens[place], cause="a test")

    assert state() == ("paid", "active")
    assert rights(bob) == [third]
    assert list(Purchase.objects.live().filter(user=bob).values_list("external_id", flat=True)) == [third]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_owner_is_handed_on_where_google_names_nobody(shop, api_as, bob, state, order):
    """The first token was shown by Bob's app; the news of the others come in any order, before it or after."""
    first = shop.play.buy()
    second = shop.play.replace(first)
    third = shop.play.replace(second, plan="monthly")
    tokens = [first, second, third]

    for place in order:
        if place == 0:
            assert shop.claim(api_as(bob), first).status_code == 200
            continue
        with shop.committing(execute=True):
            sync_purchase(provider="google", external_id=tokens[place], cause="a test")

    assert state() == ("paid", "active")
    assert rights(bob) == [third]
    shop.beat()
    assert shop.play.bought[third].acknowledged


@pytest.mark.parametrize("seed", range(6))
def test_news_of_both_in_any_order_and_twice(shop, bob, bought, state, subscription, seed):
    replaced = shop.play.replace(bought)
    shop.play.cancel(replaced)
    shop.play.restart(replaced)
    shop.tell(seed=seed, duplicate=True)

    assert state() == ("paid", "active")
    assert rights(bob) == [replaced]
    assert subscription()["product"]["period"] == "year"


def test_the_end_of_the_new_one_does_not_wake_the_old_one(shop, bob, bought, state):
    replaced = shop.play.replace(bought, lingers=True)
    shop.tell()
    shop.play.revoke(replaced)
    shop.tell()
    with shop.committing(execute=True):
        sync_purchase(provider="google", external_id=bought, cause="a test")

    assert state() == ("free", "ended")
    assert rights(bob) == []


def test_a_change_that_is_not_paid_yet_leaves_the_old_one_in_force(shop, bob, bought, state):
    pending = shop.play.buy(plan="yearly", account=bob.uid, pending=True, linked=bought)
    shop.tell()
    assert state() == ("paid", "active")
    assert rights(bob) == [bought]

    shop.play.cancel_pending(pending)
    shop.tell()
    assert rights(bob) == [bought]


def test_a_change_that_is_paid_late_replaces_the_old_one(shop, bob, bought, state):
    pending = shop.play.buy(plan="yearly", account=bob.uid, pending=True, linked=bought)
    shop.tell()
    shop.play.pay_pending(pending)
    shop.tell()

    assert state() == ("paid", "active")
    assert rights(bob) == [pending]


def test_a_plan_that_changes_raises_no_alarm_of_paying_twice(shop, bought, caplog):
    shop.play.replace(bought, lingers=True)
    shop.tell()

    assert "pays twice" not in caplog.text


def test_what_is_replaced_is_not_asked_for_by_itself(shop, bought):
    shop.play.replace(bought, lingers=True)
    shop.tell()
    before = asked(shop, f"/tokens/{bought}")

    shop.advance(days=40)
    shop.play.undelivered.clear()
    shop.beat()

    assert asked(shop, f"/tokens/{bought}") == before


def test_the_admin_says_why_the_old_one_gives_nothing(shop, bob, bought):
    from billing.purchases.queries import why

    shop.play.replace(bought)
    shop.tell()

    assert f"Google {bought}: gives nothing, because another purchase continues it." in why(bob)


@pytest.mark.parametrize("turn", range(5))
def test_two_workers_that_hear_of_both_at_once_agree(transactional_db, shop, bob, state, turn):
    first = shop.play.buy(account=bob.uid)
    second = shop.play.replace(first, lingers=True)
    together = threading.Barrier(2)

    def work(token):
        together.wait()
        try:
            sync_purchase(provider="google", external_id=token, cause="a test")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [first, second]))

    assert state() == ("paid", "active")
    assert rights(bob) == [second]
