"""Every state of a subscription at Google Play, as its owner is told it: webhook, worker and API are the real ones."""

from datetime import timedelta


def test_a_purchase_that_is_pending_gives_nothing_until_it_is_paid(shop, bob, state):
    token = shop.play.buy(account=bob.uid, pending=True)
    shop.tell()
    assert state() == ("free", "incomplete")

    shop.play.pay_pending(token)
    shop.tell()

    assert state() == ("paid", "active")


def test_a_pending_purchase_that_is_cancelled_is_over(shop, bob, state):
    token = shop.play.buy(account=bob.uid, pending=True)
    shop.play.cancel_pending(token)
    shop.tell()

    assert state() == ("free", "ended")


def test_active_is_paid_and_renews(shop, subscription, bought, state):
    said = subscription()
    assert (said["provider"], said["renews_at"]) == ("google", "2026-12-25T12:00:00.000000Z")

    shop.advance(days=31)
    shop.tell()

    assert state() == ("paid", "active")
    assert subscription()["renews_at"] == "2027-01-25T12:00:00.000000Z"


def test_a_trial_is_paid_and_becomes_active(shop, bob, state):
    shop.play.buy(account=bob.uid, trial_days=7)
    shop.tell()
    assert state() == ("paid", "trialing")

    shop.advance(days=8)
    shop.tell()

    assert state() == ("paid", "active")


def test_grace_is_paid_and_flagged_until_its_end(shop, subscription, bought, state):
    shop.play.decline(bought)
    shop.advance(days=31)
    shop.tell()
    assert state() == ("paid", "past_due")
    said = subscription()
    assert (said["payment_problem"], said["ends_at"]) == (True, "2027-01-01T12:00:00.000000Z")

    # Even if nothing more is heard.
    shop.advance(days=7)

    assert state() == ("free", "past_due")


def test_a_payment_within_the_grace_takes_the_flag_away(shop, subscription, bought, state):
    shop.play.decline(bought)
    shop.advance(days=31)
    shop.tell()

    shop.play.pay(bought)
    shop.tell()

    assert state() == ("paid", "active")
    assert subscription()["renews_at"] == "2027-01-25T12:00:00.000000Z"


def test_on_hold_is_free_and_a_recovery_begins_a_new_period(shop, subscription, bought, state):
    shop.play.decline(bought)
    shop.advance(days=38)
    shop.tell()
    assert state() == ("free", "past_due")

    shop.advance(days=2)
    shop.play.pay(bought)
    shop.tell()

    assert state() == ("paid", "active")
    assert subscription()["renews_at"] == "2027-02-04T12:00:00.000000Z"


def test_a_hold_that_nobody_pays_ends(shop, bought, state):
    shop.play.decline(bought)
    shop.advance(days=80)
    shop.tell()

    assert state() == ("free", "ended")


def test_paused_is_free_from_the_end_of_the_paid_period_until_it_is_resumed(shop, bought, state):
    shop.play.schedule_pause(bought, timedelta(days=60))
    shop.tell()
    assert state() == ("paid", "active")

    shop.advance(days=31)
    shop.tell()
    assert state() == ("free", "paused")

    shop.play.resume(bought)
    shop.tell()
    assert state() == ("paid", "active")


def test_a_pause_ends_by_itself(shop, bought, state):
    shop.play.schedule_pause(bought, timedelta(days=30))
    shop.advance(days=62)
    shop.tell()

    assert state() == ("paid", "active")


def test_cancelled_is_paid_until_the_period_ends(shop, subscription, bought, state):
    shop.play.cancel(bought)
    shop.tell()
    assert state() == ("paid", "ending")
    assert subscription()["ends_at"] == "2026-12-25T12:00:00.000000Z"

    shop.advance(days=31)
    assert state() == ("free", "ended")

    shop.tell()
    assert state() == ("free", "ended")


def test_a_cancellation_that_is_taken_back_renews(shop, bought, state):
    shop.play.cancel(bought)
    shop.tell()
    shop.play.restart(bought)
    shop.tell()
    assert state() == ("paid", "active")


def test_expired_is_free(shop, bought, state):
    shop.play.cancel(bought)
    shop.advance(days=31)
    shop.tell()

    assert state() == ("free", "ended")


def test_a_refund_alone_ends_nothing(shop, bought, state):
    shop.play.void(bought)
    shop.tell()

    assert state() == ("paid", "active")


def test_revoked_is_free_at_once(shop, bought, state):
    shop.play.revoke(bought)
    shop.tell()

    assert state() == ("free", "ended")


def test_another_plan_replaces_the_old_one(shop, subscription, bought, state):
    shop.play.replace(bought)
    shop.tell()

    assert state() == ("paid", "active")
    said = subscription()
    assert (said["product"]["period"], said["also_paid_through"]) == ("year", [])
    assert said["manage"] == {
        "kind": "link",
        "url": "https://play.google.com/store/account/subscriptions?sku=premium&package=com.example.backbeat",
    }
