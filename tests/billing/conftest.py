"""Stripe's stand-in beside the application, and the tools to buy, to wait and to be told."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from billing.models import Product, ProviderEvent
from billing.purchases import events
from billing.services import fold_lapsed, push_viewers
from tests.fakes.stripe import SECRET, Stripe, delivery

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Shop:
    """Stripe, our webhook and our worker: each step by hand, and one clock for all."""

    def __init__(self, account, travel, committing, api_as):
        self.stripe = account
        self.secret = SECRET
        self.api_as = api_as
        self.travel = travel
        self.committing = committing
        self.client = Client()

    def deliver(self, body, headers):
        return self.client.post("/webhooks/stripe", body, "application/json", headers=headers).status_code

    def tell(self, **how):
        """Everything that Stripe has to say arrives, and the worker works it off."""
        delivery.flush(self.stripe, self.deliver, **how)
        self.work()

    def work(self):
        for pk in ProviderEvent.objects.filter(processed_at=None).order_by("pk").values_list("pk", flat=True):
            with self.committing(execute=True):
                events.process_event(event_pk=pk)

    def advance(self, **time):
        """Let time go by, everywhere."""
        self.advance_to(self.stripe.now + timedelta(**time))

    def advance_to(self, when):
        self.stripe.advance_to(when)
        self.travel.move_to(when)
        with self.committing(execute=True):
            fold_lapsed()

    def buy(self, client, product, *, key="an idempotency key"):
        """Through the checkout, as a person does; returns the subscription's id at Stripe."""
        answer = client.post(
            "/api/v1/me/subscription/checkout", {"product": str(product.uid)}, "json", headers={"Idempotency-Key": key}
        )
        assert answer.status_code == 201, answer.content
        session = self.stripe.pay_checkout(answer.json()["url"].rsplit("/", 1)[1])
        return session["subscription"]

    def tier(self, user):
        # The sweeper of every second: within a test's transaction nothing is pushed on commit.
        push_viewers()
        return self.api_as(user).get("/api/v1/me").json()["entitlements"]["tier"]

    def said(self, user):
        """The subscription as the user is told: state, renews at, ends at, whether there is a payment problem."""
        found = self.api_as(user).get("/api/v1/me/subscription").json()
        return found["state"], found["renews_at"], found["ends_at"], found["payment_problem"]


@pytest.fixture
def month(db):
    return Product.objects.create(
        provider="stripe", external_id="price_month", name="Premium", period="month", amount=999, currency="USD"
    )


@pytest.fixture
def year(db):
    return Product.objects.create(
        provider="stripe", external_id="price_year", name="Premium", period="year", amount=9990, currency="USD", rank=1
    )


@pytest.fixture
def shop(db, stripe_account, django_capture_on_commit_callbacks, api_as):
    Stripe.__init__(stripe_account, START, base=stripe_account.base)
    stripe_account.seed()
    with time_machine.travel(START, tick=False) as travel:
        yield Shop(stripe_account, travel, django_capture_on_commit_callbacks, api_as)
