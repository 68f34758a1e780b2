"""The App Store's stand-in beside the application, and the tools to buy, to wait, to show and to be told."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from billing.models import Product, ProviderEvent
from billing.purchases import events
from billing.services import fold_lapsed
from tests.fakes.apple import APP_ID, BUNDLE_ID, Authority, Store, serve
from tests.fakes.apple.server import ISSUER_ID, KEY_ID, new_key, p8

START = datetime(2026, 11, 25, 12, tzinfo=UTC)


class AppStore:
    """The store, our webhook, our worker and the app: each step by hand, and one clock for all."""

    def __init__(self, store, settings, travel, committing, api_as):
        self.store = store
        self.settings = settings
        self.travel = travel
        self.committing = committing
        self.api_as = api_as
        self.client = Client()

    def deliver(self, body):
        return self.client.post("/webhooks/apple", body, "application/json").status_code

    def tell(self, **how):
        """Everything that Apple has to say arrives, and the worker works it off."""
        self.store.flush(self.deliver, **how)
        self.work()

    def work(self):
        for pk in ProviderEvent.objects.filter(processed_at=None).order_by("pk").values_list("pk", flat=True):
            with self.committing(execute=True):
                events.process_event(event_pk=pk)

    def advance(self, **time):
        self.advance_to(self.store.now + timedelta(**time))

    def advance_to(self, when):
        """Let time go by, everywhere."""
        self.store.advance_to(when)
        self.travel.move_to(when)
        with self.committing(execute=True):
            fold_lapsed()

    def buy(self, user, product="premium.monthly", **how):
        """In the app of this user, who is told of at once."""
        uid = self.store.buy(product, account=user.uid, **how)
        self.tell()
        return uid

    def claim(self, user, proof):
        """The app posts a transaction, signed in as this user."""
        with self.committing(execute=True):
            return self.api_as(user).post("/api/v1/me/purchases", {"provider": "apple", "proof": proof}, "json")

    def last_event(self):
        return ProviderEvent.objects.latest("pk")

    def tier(self, user):
        return self.api_as(user).get("/api/v1/me").json()["entitlements"]["tier"]

    def subscription(self, user):
        return self.api_as(user).get("/api/v1/me/subscription").json()

    def says(self, user):
        """(tier, state) as the two endpoints tell them."""
        return self.tier(user), self.subscription(user)["state"]


@pytest.fixture(scope="session")
def authority():
    return Authority()


@pytest.fixture(scope="session")
def api_key():
    return new_key()


@pytest.fixture
def apple_settings(settings, authority, api_key, tmp_path):
    root = tmp_path / "root.cer"
    root.write_bytes(authority.root)
    settings.APPLE_STORE_ENVIRONMENT = "Production"
    settings.APPLE_STORE_BUNDLE_ID = BUNDLE_ID
    settings.APPLE_STORE_APP_ID = APP_ID
    settings.APPLE_STORE_ISSUER_ID = ISSUER_ID
    settings.APPLE_STORE_KEY_ID = KEY_ID
    settings.APPLE_STORE_KEY = p8(api_key)
    settings.APPLE_STORE_ROOTS = [str(root)]
    settings.BILLING_SANDBOX = False
    return settings


@pytest.fixture
def apple_store(apple_settings, authority, api_key):
    store = Store(START, authority)
    server = serve(store, api_key.public_key())
    apple_settings.APPLE_STORE_API_BASE = f"http://127.0.0.1:{server.server_port}"
    yield store
    server.shutdown()
    server.server_close()


@pytest.fixture
def monthly(db):
    return Product.objects.create(provider="apple", external_id="premium.monthly", name="Premium", period="month")


@pytest.fixture
def yearly(db):
    return Product.objects.create(
        provider="apple", external_id="premium.yearly", name="Premium, a year", period="year", rank=1
    )


@pytest.fixture
def app_store(db, apple_store, apple_settings, monthly, yearly, api_as, django_capture_on_commit_callbacks):
    with time_machine.travel(START, tick=False) as travel:
        yield AppStore(apple_store, apple_settings, travel, django_capture_on_commit_callbacks, api_as)
