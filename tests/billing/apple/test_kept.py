"""Notifications that change nothing are kept; and the order of those that do doesn't matter."""

import uuid
from datetime import timedelta

import pytest

from billing.models import ProviderEvent, Purchase

# --- What is only kept -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("PRICE_INCREASE", "PENDING"),
        ("PRICE_INCREASE", "ACCEPTED"),
        ("PRICE_CHANGE", ""),
        ("CONSUMPTION_REQUEST", ""),
        ("REFUND_DECLINED", ""),
        ("METADATA_UPDATE", ""),
        ("MIGRATION", ""),
        ("A_TYPE_OF_THE_FUTURE", "AND_ITS_SUBTYPE"),
    ],
)
def test_what_changes_nothing_is_kept(app_store, bob, kind, subtype):
    uid = app_store.buy(bob)
    before = app_store.subscription(bob)

    app_store.store.tell(kind, subtype, uid=uid)
    app_store.tell()

    event = app_store.last_event()
    assert (event.type, event.subject) == (f"{kind}.{subtype}".rstrip("."), uid)
    assert event.processed_at is not None
    assert app_store.tier(bob) == "paid"
    assert app_store.subscription(bob) == before


def test_a_test_is_kept_and_not_worked_on(app_store):
    app_store.store.tell("TEST")
    app_store.tell()

    event = app_store.last_event()
    assert (event.type, event.subject, event.attempts) == ("TEST", "", 0)
    assert event.processed_at is not None
    assert app_store.store.requests == []


def test_rescind_consent_is_kept_and_not_worked_on(app_store):
    app_store.store.tell("RESCIND_CONSENT", appData=app_store.store.app())
    app_store.tell()

    assert (app_store.last_event().type, app_store.last_event().subject) == ("RESCIND_CONSENT", "")


def test_external_purchase_token_is_kept_and_not_worked_on(app_store):
    token = {"externalPurchaseId": str(uuid.uuid4()), "tokenCreationDate": 0}

    app_store.store.tell(
        "EXTERNAL_PURCHASE_TOKEN", "UNREPORTED", externalPurchaseToken={**token, **numbered(app_store)}
    )
    app_store.tell()

    assert (app_store.last_event().type, app_store.last_event().subject) == ("EXTERNAL_PURCHASE_TOKEN.UNREPORTED", "")


def numbered(app_store):
    return {name: value for name, value in app_store.store.app().items() if name != "environment"}


# --- Time and order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_and_any_repetition_says_the_same(app_store, bob, seed):
    store = app_store.store
    uid = store.buy("premium.monthly", account=bob.uid)
    store.set_renewal(uid, False)
    store.set_renewal(uid, True)
    store.upgrade(uid, "premium.yearly")
    store.refund(uid)
    store.reverse_refund(uid)

    app_store.tell(seed=seed, duplicate=True)

    assert app_store.says(bob) == ("paid", "active")
    assert ProviderEvent.objects.count() == 6
    assert Purchase.objects.count() == 1


def test_the_end_of_a_month_is_apples_to_decide(app_store, bob):
    app_store.advance_to(app_store.store.now + timedelta(days=67))  # 31 January
    app_store.buy(bob)

    assert app_store.subscription(bob)["renews_at"] == "2027-02-28T12:00:00.000000Z"
