"""Whose a purchase at Google Play is, that Google hears of its arrival, and what happens while Google is away."""

from datetime import timedelta

import pytest

from billing.models import Product, ProviderEvent, Purchase, PurchaseMove
from billing.purchases.services import reconcile
from streaming.lib import clock


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def asked(shop, what):
    return len([line for line in shop.play.requests if line.endswith(what)])


# --- Whose it is --------------------------------------------------------------------------------------------------


def test_an_app_shows_its_token_and_is_paid_at_once(shop, api_as, bob, state):
    token = shop.play.buy(account=bob.uid)

    answer = shop.claim(api_as(bob), token)

    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert state() == ("paid", "active")
    assert shop.play.bought[token].acknowledged


def test_a_test_purchase_gives_nothing(shop, api_as, bob, state):
    token = shop.play.buy(account=bob.uid, test=True)

    assert shop.claim(api_as(bob), token).status_code == 200

    assert state()[0] == "free"
    assert Purchase.objects.get().is_sandbox


def test_a_test_purchase_counts_where_a_sandbox_does(shop, api_as, bob, state, settings):
    settings.BILLING_SANDBOX = True

    shop.claim(api_as(bob), shop.play.buy(account=bob.uid, test=True))

    assert state() == ("paid", "active")


@pytest.mark.parametrize(
    "proof", ["short", "x" * 501, "tokentokentokentoken0000 AO", "tokentokentoken/../../admin", "é" * 30]
)
def test_what_is_no_token_is_refused_without_asking(shop, api_as, bob, proof):
    refused(shop.claim(api_as(bob), proof), 400, "PURCHASE_INVALID")
    assert shop.play.requests == []


@pytest.mark.parametrize("proof", ["tokentokentokentoken9999.AO-J1Oz_madeup", "x" * 500])
def test_a_token_that_google_does_not_know_is_refused(shop, api_as, bob, proof):
    refused(shop.claim(api_as(bob), proof), 400, "PURCHASE_INVALID")
    assert not Purchase.objects.exists()


def test_without_keys_no_token_is_taken(shop, api_as, bob, settings):
    settings.GOOGLE_PLAY_SERVICE_ACCOUNT = ""

    refused(shop.claim(api_as(bob), shop.play.buy(account=bob.uid)), 400, "PURCHASE_INVALID")


def test_nobody_signed_in_can_show_a_token(shop, api):
    refused(shop.claim(api, shop.play.buy()), 401, "NOT_SIGNED_IN")


def test_a_stranger_with_the_token_of_somebody_gets_nothing(shop, api_as, bob, charlie, bought, state):
    refused(shop.claim(api_as(charlie), bought), 409, "PURCHASE_OF_ANOTHER")

    assert state() == ("paid", "active")
    assert api_as(charlie).get("/api/v1/me").json()["entitlements"]["tier"] == "free"


def test_an_unnamed_purchase_moves_twice_in_ninety_days_at_most(shop, api_as, bob, charlie, monthly):
    token = shop.play.buy()
    assert shop.claim(api_as(bob), token).status_code == 200
    assert shop.claim(api_as(charlie), token).status_code == 200
    assert api_as(bob).get("/api/v1/me").json()["entitlements"]["tier"] == "free"
    assert shop.claim(api_as(bob), token).status_code == 200

    refused(shop.claim(api_as(charlie), token), 409, "MOVED_TOO_OFTEN")
    # Another plan is another token, and no way around it.
    replaced = shop.play.replace(token, plan="monthly")
    refused(shop.claim(api_as(charlie), replaced), 409, "MOVED_TOO_OFTEN")
    assert shop.claim(api_as(bob), replaced).status_code == 200

    shop.advance(days=91)
    assert shop.claim(api_as(charlie), replaced).status_code == 200
    assert PurchaseMove.objects.count() == 3


def test_an_account_that_is_junk_names_nobody(shop, api_as, bob, state):
    token = shop.play.buy(account="not a uuid")

    assert shop.claim(api_as(bob), token).status_code == 200
    assert state() == ("paid", "active")


def test_restoring_takes_what_is_ones_own_and_leaves_the_rest(shop, api_as, bob, charlie, state):
    others, own = shop.play.buy(account=charlie.uid), shop.play.buy(account=bob.uid)

    with shop.committing(execute=True):
        answer = api_as(bob).post(
            "/api/v1/me/subscription/restore", {"provider": "google", "proofs": [others, own]}, "json"
        )

    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert list(Purchase.objects.filter(user=bob).values_list("external_id", flat=True)) == [own]


def test_what_google_sold_is_managed_there(shop, api_as, bob, bought, settings):
    where = "https://play.google.com/store/account/subscriptions?sku=premium&package=com.example.backbeat"
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    product = Product.objects.create(provider="stripe", external_id="price_1", name="Premium", period="month")
    client = api_as(bob)

    checkout = client.post(
        "/api/v1/me/subscription/checkout", {"product": product.uid}, "json", headers={"Idempotency-Key": "12345678"}
    )
    change = client.patch("/api/v1/me/subscription", {"renews": False}, "json")

    refused(checkout, 409, "ALREADY_SUBSCRIBED")
    refused(change, 409, "MANAGED_ELSEWHERE")
    assert checkout.json()["manage_url"] == change.json()["manage_url"] == where


# --- That it arrived ----------------------------------------------------------------------------------------------


def test_an_acknowledgement_that_failed_is_tried_again_and_loses_nothing(shop, api_as, bob, state):
    shop.play.takes_acknowledgements = False
    token = shop.play.buy(account=bob.uid)
    assert shop.claim(api_as(bob), token).status_code == 200
    assert state() == ("paid", "active")
    assert not shop.play.bought[token].acknowledged

    for _ in range(20):
        shop.advance(minutes=6)
        shop.beat()
    assert state() == ("paid", "active")

    shop.play.takes_acknowledgements = True
    shop.advance(minutes=6)
    shop.beat()
    assert shop.play.bought[token].acknowledged
    assert Purchase.objects.get().is_acknowledged

    shop.advance(days=4)
    shop.tell()
    assert state() == ("paid", "active")


def test_an_event_whose_acknowledgement_failed_is_done_and_the_rest_is_checked(shop, bob, state):
    shop.play.takes_acknowledgements = False
    token = shop.play.buy(account=bob.uid)
    shop.tell()
    assert state() == ("paid", "active")
    assert ProviderEvent.objects.get().processed_at is not None

    shop.play.takes_acknowledgements = True
    shop.advance(minutes=6)
    shop.beat()

    assert shop.play.bought[token].acknowledged


def test_it_is_acknowledged_once(shop, bought):
    shop.play.cancel(bought)
    shop.play.restart(bought)
    shop.tell()

    assert asked(shop, ":acknowledge") == 1


def test_what_gives_nobody_anything_is_left_to_be_refunded(shop, api_as, bob, monthly):
    nobodys = shop.play.buy()
    unknown = shop.play.buy("unheard", account=bob.uid)
    shop.tell()
    assert not shop.play.bought[nobodys].acknowledged
    assert not shop.play.bought[unknown].acknowledged

    shop.claim(api_as(bob), nobodys)
    assert shop.play.bought[nobodys].acknowledged


def test_a_product_that_is_entered_late_is_acknowledged_by_the_nightly_comparison(shop, bob, state):
    token = shop.play.buy("late", account=bob.uid)
    shop.tell()
    assert state()[0] == "free"

    Product.objects.create(provider="google", external_id="late:monthly", name="Late", period="month")
    with shop.committing(execute=True):
        reconcile(provider="google")

    assert state() == ("paid", "active")
    assert shop.play.bought[token].acknowledged


# --- While Google is away -----------------------------------------------------------------------------------------


def test_with_google_down_a_claim_is_told_to_come_back(shop, api_as, bob, state):
    token = shop.play.buy(account=bob.uid)
    shop.play.answers = False
    answer = shop.claim(api_as(bob), token)
    refused(answer, 503, "PROVIDER_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "60"

    shop.play.answers = True
    assert shop.claim(api_as(bob), token).status_code == 200
    assert state() == ("paid", "active")


def test_an_access_token_that_was_revoked_is_fetched_anew(shop, bought, state):
    shop.play.access_tokens.clear()
    shop.play.cancel(bought)
    shop.tell()
    assert state() == ("paid", "active")

    shop.work()
    assert state() == ("paid", "ending")


@pytest.mark.parametrize("key", ["no JSON", "{}", '{"client_email": "a", "token_uri": "b", "private_key": "c"}'])
def test_a_key_that_is_none_is_google_being_away(shop, api_as, bob, settings, key):
    settings.GOOGLE_PLAY_SERVICE_ACCOUNT = key

    refused(shop.claim(api_as(bob), shop.play.buy(account=bob.uid)), 503, "PROVIDER_UNAVAILABLE")


@pytest.mark.parametrize(
    "wrong", [{"lineItems": []}, {"lineItems": None}, {"startTime": "yesterday"}, {"lineItems": [3]}]
)
def test_an_answer_that_is_not_understood_changes_nothing(shop, bought, state, monkeypatch, wrong):
    whole = shop.play.resource
    monkeypatch.setattr(shop.play, "resource", lambda one: {**whole(one), **wrong})
    shop.play.cancel(bought)
    shop.tell()
    assert state() == ("paid", "active")

    monkeypatch.undo()
    shop.work()
    assert state() == ("paid", "ending")


def test_with_google_down_for_a_day_access_goes_on_for_a_day(shop, subscription, bought, state):
    shop.advance(days=29)
    shop.play.answers = False
    shop.advance(days=1, hours=2)
    shop.tell()
    shop.beat()
    assert state() == ("paid", "active")
    assert subscription()["payment_problem"]

    shop.advance(hours=23)
    assert state() == ("free", "ended")

    shop.play.answers = True
    shop.work()
    assert state() == ("paid", "active")


def test_what_was_never_told_is_found_by_the_next_check(shop, bought, state):
    shop.advance(days=30, minutes=10)
    shop.play.undelivered.clear()
    shop.beat()

    assert state() == ("paid", "active")
    assert Purchase.objects.get().paid_until > clock.now() + timedelta(days=20)


def test_a_revocation_that_was_never_told_is_found_by_the_nightly_comparison(shop, bought, state):
    shop.play.revoke(bought)
    shop.play.undelivered.clear()
    with shop.committing(execute=True):
        assert reconcile(provider="google") == 1

    assert state() == ("free", "ended")


def test_the_end_of_a_long_pause_that_was_never_told_is_found_by_the_nightly_comparison(shop, bought, state):
    shop.play.schedule_pause(bought, timedelta(days=90))
    shop.advance(days=31)
    shop.tell()
    assert state() == ("free", "paused")

    shop.advance(days=90)
    shop.play.undelivered.clear()
    with shop.committing(execute=True):
        assert reconcile(provider="google") == 1

    assert state() == ("paid", "active")


def test_what_google_forgot_is_asked_for_no_more(shop, bought, state):
    shop.play.cancel(bought)
    shop.tell()
    shop.advance(days=100)
    shop.play.bought.clear()
    before = len(shop.play.requests)

    with shop.committing(execute=True):
        assert reconcile(provider="google") == 0

    assert len(shop.play.requests) == before
    assert state() == ("free", "ended")
