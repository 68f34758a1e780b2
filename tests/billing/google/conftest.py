"""Google Play's stand-in beside the application, and the tools to buy, to wait and to be told."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from billing.google import events as google_events
from billing.models import Product, ProviderEvent, Purchase
from billing.purchases import events
from billing.purchases.services import check_due_purchases
from billing.services import fold_lapsed
from tests.billing.conftest import START
from tests.fakes.google import Play, delivery, serve
from tests.fakes.google.play import AUDIENCE, PACKAGE, PUSH_ACCOUNT


class PlayShop:
    """Play, our webhook and our worker: each step by hand, and one clock for all."""

    def __init__(self, play, travel, committing):
        self.play = play
        self.travel = travel
        self.committing = committing
        self.client = Client()

    def deliver(self, body, headers):
        return self.post(body, headers).status_code

    def post(self, body, headers):
        return self.client.post("/webhooks/google", body, "application/json", headers=headers)

    def push(self, news, **how):
        return self.post(*delivery.signed(self.play, delivery.pushed(news, **how)))

    def tell(self, **how):
        """Everything that Play has to say arrives, and the worker works it off."""
        delivery.flush(self.play, self.deliver, **how)
        self.work()

    def work(self):
        for pk in ProviderEvent.objects.filter(processed_at=None).order_by("pk").values_list("pk", flat=True):
            with self.committing(execute=True):
                events.process_event(event_pk=pk)

    def advance(self, **time):
        """Let time go by, everywhere."""
        self.play.advance_to(self.play.now + timedelta(**time))
        self.travel.move_to(self.play.now)
        with self.committing(execute=True):
            fold_lapsed()

    def beat(self):
        with self.committing(execute=True):
            check_due_purchases()

    def claim(self, client, token):
        """What an app does when it has bought."""
        with self.committing(execute=True):
            return client.post("/api/v1/me/purchases", {"provider": "google", "proof": token}, "json")


@pytest.fixture
def play(settings):
    found = Play(START)
    server = serve(found)
    base = f"http://127.0.0.1:{server.server_port}"
    settings.GOOGLE_PLAY_PACKAGE = PACKAGE
    settings.GOOGLE_PLAY_SERVICE_ACCOUNT = found.service_account(base)
    settings.GOOGLE_PLAY_PUSH_AUDIENCE = AUDIENCE
    settings.GOOGLE_PLAY_PUSH_ACCOUNT = PUSH_ACCOUNT
    settings.GOOGLE_PLAY_API_BASE = base
    settings.GOOGLE_PLAY_CERTS_URL = f"{base}/certs"
    google_events.forget_keys()
    yield found
    google_events.forget_keys()
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(db, play, django_capture_on_commit_callbacks):
    with time_machine.travel(START, tick=False) as travel:
        yield PlayShop(play, travel, django_capture_on_commit_callbacks)


@pytest.fixture
def monthly(db):
    return Product.objects.create(provider="google", external_id="premium:monthly", name="Premium", period="month")


@pytest.fixture
def yearly(db):
    return Product.objects.create(
        provider="google", external_id="premium:yearly", name="Premium", period="year", rank=1
    )


@pytest.fixture
def subscription(api_as, bob, monthly, yearly):
    """What Bob is told of his subscription; signed in anew each time, because time goes by."""
    return lambda: api_as(bob).get("/api/v1/me/subscription").json()


@pytest.fixture
def state(api_as, bob, subscription):
    """(tier, state of the subscription) as Bob is told them."""
    return lambda: (api_as(bob).get("/api/v1/me").json()["entitlements"]["tier"], subscription()["state"])


@pytest.fixture
def bought(shop, bob, state):
    """A subscription of Bob's, named for him, told and acknowledged."""
    token = shop.play.buy(account=bob.uid)
    shop.tell()
    assert state() == ("paid", "active")
    assert Purchase.objects.get().is_acknowledged
    return token
