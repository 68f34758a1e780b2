"""What comes to Stripe's webhook that should not have, and what comes twice, late or too early."""

import time

import pytest
import stripe
from django.urls import get_resolver
from djstripe.models import Customer, Event, WebhookEventTrigger

from billing.models import ProviderEvent, Purchase
from billing.stripe.events import TOLERANCE_SECONDS
from tests.fakes.stripe import delivery


def paid_event(shop, api_as, bob, month):
    """The word of a payment, on its way to us."""
    shop.buy(api_as(bob), month)
    return next(event for event in shop.stripe.undelivered if event["type"] == "invoice.paid")


def refused(shop, body, headers):
    answer = shop.client.post("/webhooks/stripe", body, "application/json", headers=headers)
    stored = ProviderEvent.objects.count() + Event.objects.count() + WebhookEventTrigger.objects.count()
    return answer.status_code, answer.json()["code"], stored


def test_what_nobody_signed_is_refused_and_not_kept(shop, api_as, bob, month):
    body, _ = delivery.signed(paid_event(shop, api_as, bob, month))

    assert refused(shop, body, {}) == (400, "SIGNATURE_INVALID", 0)


def test_what_is_signed_with_another_secret_is_refused(shop, api_as, bob, month):
    body, headers = delivery.signed(paid_event(shop, api_as, bob, month), secret="whsec_another")

    assert refused(shop, body, headers) == (400, "SIGNATURE_INVALID", 0)


def test_a_changed_body_is_refused(shop, api_as, bob, month):
    body, headers = delivery.signed(paid_event(shop, api_as, bob, month))

    assert refused(shop, body.replace(b"sub_", b"sub-"), headers) == (400, "SIGNATURE_INVALID", 0)


@pytest.mark.parametrize(("age", "status"), [(TOLERANCE_SECONDS, 200), (TOLERANCE_SECONDS + 1, 400)])
def test_an_old_signature_is_refused(shop, api_as, bob, month, age, status):
    body, headers = delivery.signed(paid_event(shop, api_as, bob, month), at=int(time.time()) - age)

    assert shop.deliver(body, headers) == status


def test_while_a_secret_is_changed_both_are_good(shop, api_as, bob, month, settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", *settings.STRIPE_WEBHOOK_SECRETS]
    event = paid_event(shop, api_as, bob, month)

    assert shop.deliver(*delivery.signed(event)) == 200
    assert shop.deliver(*delivery.signed(event, secret="whsec_new")) == 200


def test_with_debug_a_header_replaces_no_secret(shop, api_as, bob, month, settings):
    """dj-stripe's own view would believe this header while DEBUG is on: it is not reachable, and ours doesn't."""
    settings.DEBUG = True
    body, headers = delivery.signed(paid_event(shop, api_as, bob, month), secret="whsec_mine")

    assert refused(shop, body, {**headers, "x-djstripe-webhook-secret": "whsec_mine"})[:2] == (400, "SIGNATURE_INVALID")


def test_no_route_leads_to_the_librarys_own_views():
    def views(patterns):
        for pattern in patterns:
            yield from views(pattern.url_patterns) if hasattr(pattern, "url_patterns") else [pattern.callback]

    assert not [view for view in views(get_resolver().url_patterns) if view.__module__.startswith("djstripe")]


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"\xff", b'{"object": "charge"}', b'{"object": "event"}'])
def test_a_signed_body_that_is_no_event_is_refused(shop, body):
    secret = shop.secret
    header = stripe.WebhookSignature.generate_signature_header(body.decode("latin-1"), secret)

    assert refused(shop, body, {"Stripe-Signature": header}) == (400, "SIGNATURE_INVALID", 0)


def test_two_megabytes_are_refused_before_they_are_read(shop):
    answer = shop.client.post("/webhooks/stripe", b" " * 2_000_000, "application/json")

    assert answer.status_code == 413


def test_the_same_event_again_is_stored_once_and_changes_nothing(shop, api_as, bob, month):
    event = paid_event(shop, api_as, bob, month)
    for _ in range(3):
        assert shop.deliver(*delivery.signed(event)) == 200
    shop.work()
    asked = len(shop.stripe.requests)

    assert shop.deliver(*delivery.signed(event)) == 200
    shop.work()

    assert (Event.objects.count(), ProviderEvent.objects.count(), Purchase.objects.count()) == (1, 1, 1)
    assert len(shop.stripe.requests) == asked


def test_an_event_is_answered_without_asking_stripe(shop, api_as, bob, month):
    event = paid_event(shop, api_as, bob, month)
    shop.stripe.requests.clear()

    assert shop.deliver(*delivery.signed(event)) == 200
    assert shop.stripe.requests == []


def test_an_events_own_words_count_for_nothing(shop, api_as, bob, month):
    """A true event that is old says "active"; Stripe, asked, says "canceled"."""
    uid = shop.buy(api_as(bob), month)
    shop.stripe.cancel(uid)
    old = [event for event in shop.stripe.undelivered if event["type"] == "customer.subscription.created"]
    shop.stripe.undelivered = old

    shop.tell()

    assert old[0]["data"]["object"]["status"] == "active"
    assert shop.tier(bob) == "free"


def test_an_event_of_the_other_mode_is_left_out(shop, api_as, bob, month):
    event = paid_event(shop, api_as, bob, month) | {"livemode": True}

    assert shop.deliver(*delivery.signed(event)) == 200
    assert not ProviderEvent.objects.exists()


def test_an_event_of_an_unknown_customer_gives_nobody_anything(shop, bob):
    customer = shop.stripe.create_customer({"email": bob.email, "metadata": {}})
    shop.stripe.subscribe(customer["id"], "price_month")

    shop.tell()

    [purchase] = Purchase.objects.all()
    assert (purchase.user, shop.tier(bob)) == (None, "free")
    assert not ProviderEvent.objects.filter(processed_at=None).exists()


def test_an_event_about_something_that_is_gone_is_done_with(shop, api_as, bob, month):
    event = paid_event(shop, api_as, bob, month)
    event["data"]["object"]["parent"]["subscription_details"]["subscription"] = "sub_unknown"
    shop.stripe.undelivered = [event]

    shop.tell()

    [kept] = ProviderEvent.objects.all()
    assert kept.processed_at is not None
    assert kept.note == "its provider knows it no more"


def test_an_event_about_something_else_is_kept_and_not_worked_on(shop):
    product = shop.stripe.objects["prod_premium"]
    shop.stripe.tell("product.updated", product)

    shop.tell()

    assert ProviderEvent.objects.get().processed_at is not None
    assert Event.objects.get().data["object"]["id"] == "prod_premium"


def test_a_customer_of_ours_is_linked_to_the_account_that_made_it(shop, api_as, bob, month):
    shop.buy(api_as(bob), month)

    [at_stripe] = shop.stripe.all_of("customer")
    assert Customer.objects.get(id=at_stripe["id"]).subscriber == bob
    assert at_stripe["metadata"] == {"djstripe_subscriber": str(bob.pk)}


def test_any_order_and_twice_gives_the_same(shop, api_as, bob, month):
    for seed in range(5):
        shop.buy(api_as(bob), month, key=f"purchase number {seed}")
        uid = shop.stripe.subscriptions_of(shop.stripe.all_of("customer")[0]["id"])[-1]["id"]
        shop.tell(seed=seed, duplicate=True)
        assert shop.tier(bob) == "paid"
        shop.stripe.cancel(uid)
        shop.tell(seed=seed, duplicate=True)
        assert shop.tier(bob) == "free"
