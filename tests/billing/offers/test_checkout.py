"""Buying on the web, and changing what was bought: by its owner, by strangers, twice, and with made-up wishes."""

import uuid
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from billing.models import Checkout, Product, Purchase
from tests.accounts.sessions.racing import parallel
from tests.billing.conftest import START

MINE = "/api/v1/me/subscription"


def checkout(client, product, key="an idempotency key"):
    asked = {"product": str(getattr(product, "uid", product))}
    return client.post(f"{MINE}/checkout", asked, "json", headers={"Idempotency-Key": key})


def refusal(answer):
    return answer.status_code, answer.json()["code"]


def open_sessions(shop):
    return [session for session in shop.stripe.all_of("checkout.session") if session["status"] == "open"]


def test_who_pays_at_the_checkout_is_paid(shop, api_as, bob, month):
    client = api_as(bob)
    assert shop.tier(bob) == "free"

    shop.buy(client, month)
    shop.tell()

    said = client.get(MINE).json()
    assert (said["state"], said["provider"], said["product"]["name"]) == ("active", "stripe", "Premium")
    assert (said["renews_at"], said["manage"]) == ("2026-12-25T12:00:00.000000Z", {"kind": "portal", "url": None})
    assert shop.tier(bob) == "paid"


def test_who_has_bought_nothing_has_no_subscription(db, api_as, bob):
    assert api_as(bob).get(MINE).json() == {
        "state": "none",
        "provider": None,
        "product": None,
        "renews_at": None,
        "ends_at": None,
        "payment_problem": False,
        "manage": None,
        "also_paid_through": [],
    }


def test_coming_back_from_the_checkout_proves_nothing(shop, api_as, bob, month):
    checkout(api_as(bob), month)

    assert (shop.tier(bob), shop.said(bob)[0]) == ("free", "none")


def test_a_price_that_a_client_made_up_is_not_for_sale(shop, api_as, bob, month):
    client = api_as(bob)

    assert refusal(checkout(client, uuid.uuid4())) == (404, "PRODUCT_NOT_OFFERED")
    assert refusal(checkout(client, "price_month")) == (400, "INVALID")
    asked = {"product": str(month.uid), "amount": 1}
    answer = client.post(f"{MINE}/checkout", asked, "json", headers={"Idempotency-Key": "a key of mine"})
    assert refusal(answer) == (400, "INVALID")
    assert shop.stripe.requests == []


@pytest.mark.parametrize("change", [{"is_offered": False}, {"markets": ["FR"]}, {"provider": "apple"}])
def test_what_is_not_offered_here_can_not_be_bought(shop, api_as, bob, month, change):
    for name, value in change.items():
        setattr(month, name, value)
    month.save()

    assert refusal(checkout(api_as(bob), month)) == (404, "PRODUCT_NOT_OFFERED")


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "späte Schlüssel"])
def test_a_checkout_needs_a_key_of_its_own(shop, api_as, bob, month, key):
    assert refusal(checkout(api_as(bob), month, key.encode())) == (400, "IDEMPOTENCY_KEY_MISSING")


def test_the_same_key_gets_the_same_checkout(shop, api_as, bob, month):
    client = api_as(bob)

    first, second = checkout(client, month), checkout(client, month)

    assert first.json() == second.json()
    assert len(shop.stripe.all_of("checkout.session")) == 1


def test_a_key_that_was_used_for_something_else_is_refused(shop, api_as, bob, month, year):
    client = api_as(bob)
    checkout(client, month)

    assert refusal(checkout(client, year)) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_two_people_may_use_the_same_key(shop, api_as, bob, charlie, month):
    assert checkout(api_as(bob), month).json()["url"] != checkout(api_as(charlie), month).json()["url"]


def test_who_changes_their_mind_gets_another_checkout_and_the_first_is_closed(shop, api_as, bob, month, year):
    client = api_as(bob)
    checkout(client, month)

    assert checkout(client, year, "another key").status_code == 201
    [left] = open_sessions(shop)
    assert left["id"] == Checkout.objects.get(product=year).session_id


def test_a_checkout_that_expired_is_begun_anew(shop, api_as, bob, month):
    first = checkout(api_as(bob), month).json()["url"]
    shop.advance(days=1, hours=1)

    assert checkout(api_as(bob), month, "another key").json()["url"] != first


def test_who_has_paid_is_not_sold_a_second_one_though_the_event_is_still_on_its_way(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)

    assert refusal(checkout(api_as(bob), month, "another key")) == (409, "ALREADY_SUBSCRIBED")
    assert shop.tier(bob) == "paid"


def test_two_checkouts_at_once_are_one(transactional_db, shop, api_as, bob, month):
    headers = {"HTTP_AUTHORIZATION": f"Bearer {api_as(bob).signed_in.access_token}"}

    def start():
        client = APIClient()
        client.credentials(**headers)
        return checkout(client, month, f"tab number {uuid.uuid4()}").json()["url"]

    assert len(set(parallel(4, start))) == 1
    assert len(shop.stripe.all_of("checkout.session")) == 1
    assert len(shop.stripe.all_of("customer")) == 1


def test_who_subscribed_through_another_store_is_told_where(shop, api_as, bob, month):
    Purchase.objects.create(
        provider="stripe", external_id="sub_old", user=bob, product=month, product_external_id="price_month",
        state="active", starts_at=START, paid_until=START + timedelta(days=30), renews=True, fetched_at=START,
    )  # fmt: skip

    answer = checkout(api_as(bob), month)

    assert refusal(answer) == (409, "ALREADY_SUBSCRIBED")
    assert answer.json()["manage_url"] is None


def test_a_trial_is_given_once(shop, api_as, bob, month):
    month.trial_days = 7
    month.save()
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    assert shop.said(bob)[0] == "trialing"
    shop.stripe.cancel(uid)
    shop.tell()

    shop.buy(api_as(bob), month, key="once more")
    shop.tell()

    assert shop.said(bob)[0] == "active"


def test_a_cancelled_one_runs_to_its_end_and_can_be_resumed(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()

    said = api_as(bob).patch(MINE, {"renews": False}, "json").json()
    assert (said["state"], said["ends_at"]) == ("ending", "2026-12-25T12:00:00.000000Z")
    assert shop.stripe.objects[uid]["cancel_at_period_end"] is True
    assert shop.tier(bob) == "paid"

    said = api_as(bob).patch(MINE, {"renews": True}, "json").json()
    assert (said["state"], said["renews_at"]) == ("active", "2026-12-25T12:00:00.000000Z")
    assert shop.stripe.objects[uid]["cancel_at_period_end"] is False


def test_a_trial_that_is_cancelled_runs_to_its_end(shop, api_as, bob, month):
    """dj-stripe's own cancel would end a trial at once."""
    month.trial_days = 7
    month.save()
    shop.buy(api_as(bob), month)
    shop.tell()

    said = api_as(bob).patch(MINE, {"renews": False}, "json").json()

    assert (said["state"], said["ends_at"], shop.tier(bob)) == ("ending", "2026-12-02T12:00:00.000000Z", "paid")


@pytest.mark.parametrize("change", [{}, {"renews": False, "product": str(uuid.uuid4())}, {"state": "active"}])
def test_a_change_is_one_of_two(shop, api_as, bob, month, change):
    shop.buy(api_as(bob), month)
    shop.tell()

    assert refusal(api_as(bob).patch(MINE, change, "json")) == (400, "INVALID")


def test_who_has_none_can_not_change_it(shop, api_as, bob, month):
    assert refusal(api_as(bob).patch(MINE, {"renews": False}, "json")) == (409, "NO_SUBSCRIPTION")
    assert refusal(api_as(bob).post(f"{MINE}/portal")) == (409, "NO_SUBSCRIPTION")


def test_the_portal_is_the_customers_own(shop, api_as, bob, charlie, month):
    shop.buy(api_as(bob), month)

    answer = api_as(bob).post(f"{MINE}/portal")

    assert answer.status_code == 201
    session = shop.stripe.objects[answer.json()["url"].rsplit("/", 1)[1]]
    assert session["customer"] == shop.stripe.all_of("customer")[0]["id"]
    assert refusal(api_as(charlie).post(f"{MINE}/portal")) == (409, "NO_SUBSCRIPTION")


def test_what_every_event_lost_is_found_by_restoring(shop, api_as, bob, charlie, month):
    shop.buy(api_as(bob), month)
    shop.stripe.undelivered.clear()
    assert shop.tier(bob) == "free"

    assert api_as(charlie).post(f"{MINE}/restore", {}, "json").json()["state"] == "none"
    assert api_as(bob).post(f"{MINE}/restore", {}, "json").json()["state"] == "active"
    assert (shop.tier(bob), shop.tier(charlie)) == ("paid", "free")


def test_who_was_deleted_in_the_dashboard_begins_anew(shop, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    first = shop.stripe.objects[uid]["customer"]
    shop.stripe.delete_customer(first)
    assert refusal(api_as(bob).patch(MINE, {"renews": False}, "json")) == (409, "NO_SUBSCRIPTION")
    shop.tell()

    assert refusal(api_as(bob).post(f"{MINE}/portal")) == (409, "NO_SUBSCRIPTION")
    assert api_as(bob).post(f"{MINE}/restore", {}, "json").json()["state"] == "ended"
    again = shop.buy(api_as(bob), month, key="another time")
    shop.tell()

    assert shop.tier(bob) == "paid"
    assert shop.stripe.objects[again]["customer"] != first


def test_a_price_that_the_operator_mistyped_is_no_500_and_takes_nothing_from_who_pays(shop, api_as, bob, month, caplog):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    wrong = Product.objects.create(
        provider="stripe", external_id="price_monht", name="Premium", period="month", amount=999, currency="USD"
    )

    assert refusal(api_as(bob).patch(MINE, {"product": str(wrong.uid)}, "json")) == (404, "PRODUCT_NOT_OFFERED")
    assert (shop.tier(bob), shop.said(bob)[0]) == ("paid", "active")
    shop.stripe.cancel(uid)
    shop.tell()
    assert refusal(checkout(api_as(bob), wrong, "another key")) == (404, "PRODUCT_NOT_OFFERED")

    assert "Stripe does not sell what is offered" in caplog.messages
    assert len(shop.stripe.all_of("customer")) == 1
    again = shop.buy(api_as(bob), month, key="a third key")
    assert shop.stripe.objects[again]["customer"] == shop.stripe.objects[uid]["customer"]


def test_nothing_here_is_for_nobody(db, api):
    for method, path in (
        ("get", MINE),
        ("patch", MINE),
        ("post", f"{MINE}/checkout"),
        ("post", f"{MINE}/portal"),
        ("post", f"{MINE}/restore"),
        ("post", "/api/v1/me/purchases"),
    ):
        assert getattr(api, method)(path, {}, "json").status_code == 401


def test_while_stripe_is_away_people_are_told_so_and_nothing_is_lost(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.answers = False

    for answer in (
        api_as(bob).patch(MINE, {"renews": False}, "json"),
        api_as(bob).post(f"{MINE}/portal"),
        api_as(bob).post(f"{MINE}/restore", {}, "json"),
    ):
        assert refusal(answer) == (503, "PROVIDER_UNAVAILABLE")
        assert answer["Retry-After"] == "60"
    assert shop.tier(bob) == "paid"
    shop.stripe.answers = True
    assert api_as(bob).patch(MINE, {"renews": False}, "json").json()["state"] == "ending"


def test_a_checkout_that_stripe_did_not_answer_can_be_tried_again_with_its_key(shop, api_as, bob, month):
    shop.stripe.answers = False
    assert refusal(checkout(api_as(bob), month)) == (503, "PROVIDER_UNAVAILABLE")
    shop.stripe.answers = True

    assert checkout(api_as(bob), month).status_code == 201
