"""Every type and subtype of the App Store's notifications: told to the webhook, worked off, asked for, and seen.

Refunds are in test_refunds, what changes nothing in test_kept.
"""

import pytest

from billing.models import Purchase
from tests.fakes.apple.store import GONE, PRICE

FREE_TRIAL = {"offerType": 1, "offerDiscountType": "FREE_TRIAL", "price": 0}


# --- Buying ----------------------------------------------------------------------------------------------------------


def test_subscribed_initial_buy_pays_until_the_period_ends(app_store, bob):
    assert app_store.says(bob) == ("free", "none")

    app_store.buy(bob)

    assert app_store.last_event().type == "SUBSCRIBED.INITIAL_BUY"
    assert app_store.says(bob) == ("paid", "active")
    said = app_store.subscription(bob)
    assert (said["provider"], said["product"]["name"], said["payment_problem"]) == ("apple", "Premium", False)
    assert said["renews_at"] == "2026-12-25T12:00:00.000000Z"
    assert said["manage"] == {"kind": "link", "url": "https://apps.apple.com/account/subscriptions"}


def test_subscribed_with_a_free_trial_is_trialing_and_then_active(app_store, bob):
    app_store.buy(bob, **FREE_TRIAL)
    assert app_store.says(bob) == ("paid", "trialing")

    app_store.advance(days=30)
    app_store.tell()

    assert app_store.says(bob) == ("paid", "active")


def test_subscribed_resubscribe_pays_again(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.set_renewal(uid, False)
    app_store.advance(days=40)
    app_store.tell()
    assert app_store.says(bob) == ("free", "ended")

    app_store.store.resubscribe(uid, "premium.yearly")
    app_store.tell()

    assert app_store.last_event().type == "SUBSCRIBED.RESUBSCRIBE"
    assert app_store.says(bob) == ("paid", "active")
    assert app_store.subscription(bob)["product"]["period"] == "year"
    assert Purchase.objects.count() == 1


@pytest.mark.parametrize("subtype", ["INITIAL_BUY", "RESUBSCRIBE", "UPGRADE", "DOWNGRADE", ""])
def test_offer_redeemed_pays(app_store, bob, subtype):
    app_store.buy(bob, kind=("OFFER_REDEEMED", subtype), offerType=3, offerIdentifier="SUMMER")

    assert app_store.last_event().type == f"OFFER_REDEEMED.{subtype}".rstrip(".")
    assert app_store.says(bob) == ("paid", "active")


def test_one_time_charge_is_kept_and_gives_nothing_without_a_subscription(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid, kind=("ONE_TIME_CHARGE", ""), type="Consumable")
    del app_store.store.subscriptions[uid]

    app_store.tell()

    event = app_store.last_event()
    assert (event.type, event.note) == ("ONE_TIME_CHARGE", "its provider knows it no more")
    assert event.processed_at is not None
    assert app_store.says(bob) == ("free", "none")


# --- Renewing --------------------------------------------------------------------------------------------------------


def test_did_renew_extends(app_store, bob):
    app_store.buy(bob)

    app_store.advance(days=31)
    app_store.tell()

    assert app_store.last_event().type == "DID_RENEW"
    assert app_store.says(bob) == ("paid", "active")
    assert app_store.subscription(bob)["renews_at"] == "2027-01-25T12:00:00.000000Z"


def test_did_renew_billing_recovery_within_the_grace_period_goes_on_as_before(app_store, bob):
    app_store.store.grace_days = 16
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False
    app_store.advance(days=35)
    app_store.tell()
    assert app_store.says(bob) == ("paid", "past_due")

    app_store.store.recover(uid)
    app_store.tell()

    assert app_store.last_event().type == "DID_RENEW.BILLING_RECOVERY"
    assert app_store.says(bob) == ("paid", "active")
    assert app_store.subscription(bob)["payment_problem"] is False
    assert app_store.subscription(bob)["renews_at"] == "2027-01-25T12:00:00.000000Z"


def test_did_renew_billing_recovery_in_billing_retry_pays_from_then_on(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False
    app_store.advance(days=40)
    app_store.tell()
    assert app_store.says(bob) == ("free", "past_due")

    app_store.store.recover(uid)
    app_store.tell()

    assert app_store.says(bob) == ("paid", "active")
    assert app_store.subscription(bob)["renews_at"] == "2027-02-04T12:00:00.000000Z"


def test_renewal_extended_extends(app_store, bob):
    uid = app_store.buy(bob)

    app_store.store.extend(uid, 14)
    app_store.tell()

    assert app_store.last_event().type == "RENEWAL_EXTENDED"
    assert app_store.subscription(bob)["renews_at"] == "2027-01-08T12:00:00.000000Z"


def test_renewal_extension_failure_changes_nothing(app_store, bob):
    uid = app_store.buy(bob)

    app_store.store.tell("RENEWAL_EXTENSION", "FAILURE", uid=uid)
    app_store.tell()

    assert app_store.last_event().type == "RENEWAL_EXTENSION.FAILURE"
    assert app_store.subscription(bob)["renews_at"] == "2026-12-25T12:00:00.000000Z"


def test_renewal_extension_summary_is_kept_and_not_worked_on(app_store):
    store = app_store.store
    counts = {"requestIdentifier": "r1", "productId": "premium.monthly", "succeededCount": 5, "failedCount": 2}

    store.tell("RENEWAL_EXTENSION", "SUMMARY", summary={**store.app(), **counts})
    app_store.tell()

    event = app_store.last_event()
    assert (event.type, event.subject) == ("RENEWAL_EXTENSION.SUMMARY", "")
    assert (event.payload["succeeded"], event.payload["failed"]) == (5, 2)
    assert store.requests == []


def test_did_change_renewal_status_auto_renew_disabled_stays_paid_until_the_end(app_store, bob):
    uid = app_store.buy(bob)

    app_store.store.set_renewal(uid, False)
    app_store.tell()

    assert app_store.last_event().type == "DID_CHANGE_RENEWAL_STATUS.AUTO_RENEW_DISABLED"
    assert app_store.says(bob) == ("paid", "ending")
    assert app_store.subscription(bob)["ends_at"] == "2026-12-25T12:00:00.000000Z"


def test_did_change_renewal_status_auto_renew_enabled_renews_again(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.set_renewal(uid, False)
    app_store.tell()

    app_store.store.set_renewal(uid, True)
    app_store.tell()

    assert app_store.last_event().type == "DID_CHANGE_RENEWAL_STATUS.AUTO_RENEW_ENABLED"
    assert app_store.says(bob) == ("paid", "active")
    assert app_store.subscription(bob)["ends_at"] is None


# --- Changing the product --------------------------------------------------------------------------------------------


def test_did_change_renewal_pref_upgrade_switches_now(app_store, bob):
    uid = app_store.buy(bob)
    app_store.advance(days=10)

    app_store.store.upgrade(uid, "premium.yearly")
    app_store.tell()

    assert app_store.last_event().type == "DID_CHANGE_RENEWAL_PREF.UPGRADE"
    assert app_store.says(bob) == ("paid", "active")
    said = app_store.subscription(bob)
    assert (said["product"]["period"], said["renews_at"]) == ("year", "2027-12-05T12:00:00.000000Z")
    assert said["also_paid_through"] == []


def test_did_change_renewal_pref_downgrade_switches_at_the_renewal(app_store, bob):
    uid = app_store.buy(bob, "premium.yearly")

    app_store.store.downgrade(uid, "premium.monthly")
    app_store.tell()
    assert app_store.last_event().type == "DID_CHANGE_RENEWAL_PREF.DOWNGRADE"
    assert app_store.subscription(bob)["product"]["period"] == "year"

    app_store.advance(days=366)
    app_store.tell()
    said = app_store.subscription(bob)
    assert (said["product"]["period"], said["renews_at"]) == ("month", "2027-12-25T12:00:00.000000Z")


def test_did_change_renewal_pref_empty_cancels_the_downgrade(app_store, bob):
    uid = app_store.buy(bob, "premium.yearly")
    app_store.store.downgrade(uid, "premium.monthly")
    app_store.store.downgrade(uid, "")
    app_store.tell()
    assert app_store.last_event().type == "DID_CHANGE_RENEWAL_PREF"

    app_store.advance(days=366)
    app_store.tell()

    assert app_store.subscription(bob)["product"]["period"] == "year"


# --- Failing to renew ------------------------------------------------------------------------------------------------


def test_did_fail_to_renew_grace_period_keeps_access_until_its_date_and_says_so(app_store, bob):
    app_store.store.grace_days = 16
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False

    app_store.advance(days=40)
    app_store.tell()

    assert app_store.last_event().type == "DID_FAIL_TO_RENEW.GRACE_PERIOD"
    assert app_store.says(bob) == ("paid", "past_due")
    said = app_store.subscription(bob)
    assert (said["payment_problem"], said["ends_at"]) == (True, "2027-01-10T12:00:00.000000Z")


def test_did_fail_to_renew_without_a_grace_period_stops(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False

    app_store.advance(days=31)
    app_store.tell()

    assert app_store.last_event().type == "DID_FAIL_TO_RENEW"
    assert app_store.says(bob) == ("free", "past_due")
    assert app_store.subscription(bob)["payment_problem"] is True


def test_grace_period_expired_stops(app_store, bob):
    app_store.store.grace_days = 16
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False

    app_store.advance(days=50)
    app_store.tell()

    assert app_store.last_event().type == "GRACE_PERIOD_EXPIRED"
    assert app_store.says(bob) == ("free", "past_due")


def test_the_grace_period_ends_on_its_date_even_if_nothing_is_heard(app_store, bob):
    app_store.store.grace_days = 3
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False
    app_store.advance(days=31)
    app_store.tell()
    assert app_store.tier(bob) == "paid"

    app_store.advance(days=3)
    app_store.store.drop()

    assert app_store.tier(bob) == "free"


# --- Ending ----------------------------------------------------------------------------------------------------------


def test_expired_voluntary_stops(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.set_renewal(uid, False)

    app_store.advance(days=31)
    app_store.tell()

    assert app_store.last_event().type == "EXPIRED.VOLUNTARY"
    assert app_store.says(bob) == ("free", "ended")


def test_expired_billing_retry_stops_after_sixty_days(app_store, bob):
    uid = app_store.buy(bob)
    app_store.store.subscriptions[uid].pays = False

    app_store.advance(days=31)
    app_store.tell()
    app_store.advance(days=60)
    app_store.tell()

    assert app_store.last_event().type == "EXPIRED.BILLING_RETRY"
    assert app_store.says(bob) == ("free", "ended")
    assert app_store.subscription(bob)["payment_problem"] is False


@pytest.mark.parametrize(("intent", "subtype"), [(PRICE, "PRICE_INCREASE"), (GONE, "PRODUCT_NOT_FOR_SALE")])
def test_expired_for_a_price_or_a_product_that_is_gone_stops(app_store, bob, intent, subtype):
    uid = app_store.buy(bob)
    app_store.store.will_end(uid, intent)

    app_store.advance(days=31)
    app_store.tell()

    assert app_store.last_event().type == f"EXPIRED.{subtype}"
    assert app_store.says(bob) == ("free", "ended")
