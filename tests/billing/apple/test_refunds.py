"""REFUND, REFUND_REVERSED and REVOKE: what is taken back, and what comes back."""

import pytest

from billing.models import Purchase
from tests.fakes.apple.store import milliseconds


def test_refund_revokes_at_once(app_store, bob):
    uid = app_store.buy(bob)
    app_store.advance(days=3)

    app_store.store.refund(uid)
    app_store.tell()

    assert app_store.last_event().type == "REFUND"
    assert app_store.says(bob) == ("free", "revoked")
    purchase = Purchase.objects.get()
    assert (purchase.revoked_for, purchase.revoked_at) == ("refund", app_store.store.now)


def test_refund_reversed_restores(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.refund(uid)
    app_store.tell()
    assert app_store.tier(bob) == "free"

    app_store.store.reverse_refund(uid)
    app_store.tell()

    assert app_store.last_event().type == "REFUND_REVERSED"
    assert app_store.says(bob) == ("paid", "active")
    assert Purchase.objects.get().revoked_at is None


def test_refund_reversed_after_the_end_restores_nothing(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.refund(uid)
    app_store.advance(days=40)

    app_store.store.reverse_refund(uid)
    app_store.tell()

    assert app_store.says(bob) == ("free", "ended")


def test_refund_in_the_grace_period_ends_it_for_good(app_store, bob):
    app_store.store.grace_days = 16
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False
    app_store.advance(days=31)
    app_store.tell()
    assert app_store.says(bob) == ("paid", "past_due")

    app_store.store.refund(uid)
    app_store.tell()
    assert app_store.says(bob) == ("free", "revoked")

    app_store.store.reverse_refund(uid)
    app_store.tell()
    assert app_store.says(bob) == ("free", "ended")


@pytest.mark.parametrize(("ends", "expected"), [(False, ("paid", "active")), (True, ("free", "revoked"))])
def test_refund_in_part_is_what_apples_status_says(app_store, bob, ends, expected):
    uid = app_store.buy(bob)

    app_store.store.refund(uid, percentage=40, ends=ends)
    app_store.tell()

    assert app_store.says(bob) == expected


def test_refund_of_an_older_period_leaves_the_present_one(app_store, bob):
    uid = app_store.buy(bob)
    app_store.advance(days=31)
    store = app_store.store
    old = store.subscriptions[uid].older[0] | {"revocationDate": milliseconds(store.now)}

    signed = {**store.app(), "status": 1, "signedTransactionInfo": store.authority.sign(old)}
    store.tell("REFUND", data=signed)
    app_store.tell()

    assert app_store.last_event().type == "REFUND"
    assert app_store.says(bob) == ("paid", "active")


def test_revoke_ends_what_a_family_shared(app_store, charlie):
    uid = app_store.store.buy("premium.monthly", is_family=True)
    app_store.tell()
    app_store.claim(charlie, app_store.store.proof(uid))
    assert app_store.says(charlie) == ("paid", "active")

    app_store.store.revoke_family(uid)
    app_store.tell()

    assert app_store.last_event().type == "REVOKE"
    assert app_store.says(charlie) == ("free", "revoked")
    assert Purchase.objects.get().revoked_for == "family"
