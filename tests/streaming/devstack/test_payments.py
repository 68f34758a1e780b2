"""The stand-in for Stripe as a process of its own: what `make run` starts."""

import http.server
import threading

import pytest
import requests
import stripe

from streaming.devstack import keys, payments, ports
from streaming.devstack.site import Site
from streaming.devstack.stack import Stack


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((body, self.headers["Stripe-Signature"]))
        self.server.news.release()
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Quiet."""


@pytest.fixture
def hook():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    server.told, server.news = [], threading.Semaphore(0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(tmp_path, hook):
    with ports.holding({"stripe": 0}) as held:
        held["stripe"].release()
        secrets = keys.load(tmp_path / "secrets.json")
        yield Site(tmp_path, secrets, {"stripe": held["stripe"].port, "web": hook.server_port})


@pytest.fixture
def start(site):
    """Starts it, and gives Stripe's own client for it."""
    stacks = []

    def start():
        stacks.append(Stack(site))
        env = payments.urls(site)
        stacks[-1].start(payments.piece(site, env))
        return stripe.StripeClient(env["STRIPE_SECRET_KEY"], base_addresses={"api": env["STRIPE_API_BASE"]})

    yield start
    for stack in stacks:
        stack.stop()


def buy(client):
    customer = client.v1.customers.create({"email": "a@example.com"})
    session = client.v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": customer.id,
            "line_items": [{"price": "price_month", "quantity": 1}],
            "success_url": "http://127.0.0.1:9/done",
            "cancel_url": "http://127.0.0.1:9/cancelled",
        }
    )
    assert "This is a stand-in for Stripe." in requests.get(session.url, timeout=10).text
    return session


def pay(session):
    answer = requests.post(session.url, {"do": "pay"}, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://127.0.0.1:9/done")


def test_who_pays_is_told_of_at_the_webhook_with_our_secret(start, site, hook):
    client = start()
    pay(buy(client))

    assert hook.news.acquire(timeout=30)
    body, signature = hook.told[0]
    stripe.WebhookSignature.verify_header(
        body.decode(), signature, site.secrets.stripe["STRIPE_WEBHOOK_SECRETS"], tolerance=300
    )


def test_another_key_is_refused(start, site):
    start()
    stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": payments.urls(site)["STRIPE_API_BASE"]})

    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.prices.list()


def test_what_was_bought_is_there_after_a_restart(site, hook):
    for first in (True, False):
        stack = Stack(site)
        env = payments.urls(site)
        stack.start(payments.piece(site, env))
        client = stripe.StripeClient(env["STRIPE_SECRET_KEY"], base_addresses={"api": env["STRIPE_API_BASE"]})
        if first:
            pay(buy(client))
            assert hook.news.acquire(timeout=30)
        found = client.v1.subscriptions.list().data
        stack.stop()
        assert [subscription.status for subscription in found] == ["active"]
