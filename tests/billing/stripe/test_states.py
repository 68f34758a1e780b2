"""Every row of Stripe's life cycle (docs/guides/billing.md), from what Stripe says to what a listener has."""

from datetime import timedelta

from billing.models import EntitlementVersion, Purchase
from tests.billing.conftest import START


def test_trialing_gives_access_until_the_trial_ends(shop, api_as, bob, month):
    month.trial_days = 7
    month.save()
    shop.buy(api_as(bob), month)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)) == ("paid", ("trialing", "2026-12-02T12:00:00.000000Z", None, False))


def test_a_trial_that_is_paid_for_goes_on(shop, api_as, bob, month):
    month.trial_days = 7
    month.save()
    shop.buy(api_as(bob), month)

    shop.advance(days=7)
    shop.tell()

    assert shop.said(bob)[:2] == ("active", "2027-01-02T12:00:00.000000Z")


def test_active_gives_access_until_the_period_ends_and_is_renewed(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    shop.tell()

    shop.advance(days=31)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)) == ("paid", ("active", "2027-01-25T12:00:00.000000Z", None, False))


def test_cancelled_at_period_end_gives_access_until_then_to_the_second(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.update(uid, {"cancel_at_period_end": "true"})
    shop.tell()
    end = START + timedelta(days=30)

    assert (shop.tier(bob), shop.said(bob)) == ("paid", ("ending", None, "2026-12-25T12:00:00.000000Z", False))
    shop.advance_to(end - timedelta(seconds=1))
    assert shop.tier(bob) == "paid"
    shop.advance_to(end)
    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "ended")


def test_cancel_at_a_day_of_its_own_ends_there(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.objects[uid]["cancel_at"] = int((START + timedelta(days=10)).timestamp())
    shop.tell()

    assert shop.said(bob)[2] == "2026-12-05T12:00:00.000000Z"
    shop.advance(days=10)
    assert shop.tier(bob) == "free"


def test_paused_collection_gives_what_was_paid_for_and_no_more(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.update(uid, {"pause_collection": {"behavior": "void"}})
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[2]) == ("paid", "2026-12-25T12:00:00.000000Z")
    shop.advance(days=31)
    shop.tell()
    assert shop.tier(bob) == "free"


def test_past_due_gives_seven_days_flagged(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.declines.add(shop.stripe.objects[uid]["customer"])
    shop.stripe.after_retries = "unpaid"
    shop.tell()

    shop.advance(days=30)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)) == ("paid", ("past_due", None, "2027-01-01T12:00:00.000000Z", True))
    shop.advance(days=7)
    assert (shop.tier(bob), shop.said(bob)[3]) == ("free", True)


def test_the_grace_is_given_once_however_long_stripe_leaves_it_past_due(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.declines.add(shop.stripe.objects[uid]["customer"])
    shop.stripe.after_retries = "past_due"
    shop.advance(days=30)
    shop.tell()
    assert shop.tier(bob) == "paid"

    shop.advance(days=32)
    shop.tell()

    assert shop.stripe.objects[uid]["status"] == "past_due"
    assert (shop.tier(bob), shop.said(bob)) == ("free", ("past_due", None, "2027-01-01T12:00:00.000000Z", True))


def test_past_due_that_is_paid_at_last_is_active(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    customer = shop.stripe.objects[uid]["customer"]
    shop.stripe.declines.add(customer)
    shop.advance(days=30)
    shop.stripe.declines.clear()
    shop.advance(days=4)
    shop.tell()

    assert shop.said(bob) == ("active", "2027-01-25T12:00:00.000000Z", None, False)


def test_unpaid_gives_nothing_and_is_flagged(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.stripe.declines.add(shop.stripe.objects[uid]["customer"])
    shop.stripe.after_retries = "unpaid"

    shop.advance(days=40)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0], shop.said(bob)[3]) == ("free", "past_due", True)


def test_paused_after_a_trial_without_a_card_gives_nothing(shop, api_as, bob, month):
    month.trial_days = 7
    month.save()
    uid = shop.buy(api_as(bob), month)
    shop.stripe.books[uid].has_method = False

    shop.advance(days=7)
    shop.tell()
    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "paused")

    shop.stripe.resume(uid)
    shop.tell()
    assert (shop.tier(bob), shop.said(bob)[0]) == ("paid", "active")


def test_incomplete_gives_nothing_and_expires(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    customer = shop.stripe.all_of("customer")[0]["id"]
    first = Purchase.objects.count()
    shop.stripe.declines.add(customer)
    shop.stripe.cancel(shop.stripe.subscriptions_of(customer)[0]["id"])
    shop.advance(hours=1)
    shop.stripe.subscribe(customer, "price_month")
    shop.tell()

    assert Purchase.objects.count() == first + 2
    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "incomplete")
    shop.advance(hours=23)
    shop.tell()
    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "ended")


def test_canceled_at_once_ends_at_once(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()

    shop.stripe.cancel(uid)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "ended")


def test_a_full_refund_revokes_and_cancels_at_stripe(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()

    shop.stripe.refund(uid)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "revoked")
    assert shop.stripe.objects[uid]["status"] == "canceled"


def test_a_refund_in_part_takes_nothing(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)

    shop.stripe.refund(uid, 500)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0]) == ("paid", "active")


def test_a_refund_of_an_earlier_period_takes_nothing(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    earlier = shop.stripe.last_charge(uid)
    shop.advance(days=31)

    earlier["refunded"] = True
    shop.stripe.tell("charge.refunded", earlier)
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0]) == ("paid", "active")


def test_a_dispute_revokes_and_a_won_one_restores(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()

    dispute = shop.stripe.dispute(uid)
    shop.tell()
    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "revoked")

    shop.stripe.close_dispute(dispute["id"], "won")
    shop.tell()
    assert (shop.tier(bob), shop.said(bob)[0]) == ("paid", "active")


def test_a_lost_dispute_stays_revoked_cancels_at_stripe_and_is_settled(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    dispute = shop.stripe.dispute(uid)

    shop.stripe.close_dispute(dispute["id"], "lost")
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "revoked")
    assert shop.stripe.objects[uid]["status"] == "canceled"
    shop.buy(api_as(bob), month, key="another time")
    shop.tell()
    assert shop.tier(bob) == "paid"


def test_an_inquiry_holds_nothing_back(shop, api_as, bob, month):
    dispute = shop.stripe.dispute(shop.buy(api_as(bob), month))

    dispute["status"] = "warning_needs_response"
    shop.tell()

    assert (shop.tier(bob), shop.said(bob)[0]) == ("paid", "active")


def test_an_open_dispute_blocks_another_checkout(shop, api_as, bob, month):
    client = api_as(bob)
    shop.stripe.dispute(shop.buy(client, month))
    shop.tell()

    answer = client.post(
        "/api/v1/me/subscription/checkout", {"product": month.uid}, "json", headers={"Idempotency-Key": "another key"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "PURCHASE_DISPUTED")


def test_an_early_fraud_warning_is_for_people_to_look_at(shop, api_as, bob, month, caplog):
    client = api_as(bob)
    shop.stripe.warn_of_fraud(shop.buy(client, month))

    shop.tell()

    assert shop.tier(bob) == "paid"
    assert "Stripe warns of fraud: look at the payment" in caplog.messages


def test_another_plan_counts_at_once(shop, api_as, bob, month, year):
    shop.buy(api_as(bob), month)
    shop.tell()

    changed = api_as(bob).patch("/api/v1/me/subscription", {"product": str(year.uid)}, "json").json()

    assert (changed["product"]["period"], changed["renews_at"]) == ("year", "2027-11-25T12:00:00.000000Z")
    assert shop.tier(bob) == "paid"


def test_a_deleted_customer_has_nothing(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()

    shop.stripe.delete_customer(shop.stripe.objects[uid]["customer"])
    shop.tell()

    assert shop.tier(bob) == "free"


def test_the_history_says_what_changed_and_why(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.cancel(uid)
    shop.tell()

    rows = EntitlementVersion.objects.filter(user_uid=bob.uid).order_by("version")

    assert [(row.version, row.tier) for row in rows] == [(1, "paid"), (2, "free")]
    assert "customer.subscription.deleted" in rows[1].cause
