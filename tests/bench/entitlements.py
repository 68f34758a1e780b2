"""Entitlements: how fast Stripe's webhook answers at a steady rate while workers work, how soon a payment is seen in a
play ticket, and what knowing a viewer's rights costs each request.

ARGS: `seconds=N` of webhooks, `rate=N` of them a second, `users=N` whose payments are watched.
"""

import http.client
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bench.lib_load import Due

WARM_SECONDS, CONNECTIONS, CHECKS, TURNS, EVENTS_A_PURCHASE = 3, 16, 500, 5, 3
LIMITS = {"webhook_p99_ms": 100, "effect_s": 2, "entitlements_us": 500, "entitlements_sql": 0}
# How much of a webhook's answer the signature alone takes; the rest stores and queues the event.
LEAST = {"ratio": 0.15}
PATIENCE = 300.0


@dataclass(frozen=True)
class Purchase:
    """What a user has bought at the stand-in, and what Stripe says of it: nothing of that has arrived here yet."""

    user_uid: str
    events: list[dict[str, Any]]


def run(args: list[str]) -> tuple[dict[str, Any], list[str]]:
    options = {"seconds": 20, "rate": 50, "users": 20}
    options |= {name: int(value) for name, _, value in (arg.partition("=") for arg in args)}
    from streaming.devstack import backend
    from streaming.devstack.temporary import temporary
    from tests.bench import lib_stripe

    with temporary(("postgres", "redis"), also=("web", "stripe")) as stack:
        away = {"R2_ENDPOINT_URL": "http://localhost:9", "MEDIA_BASE_URL": "http://localhost:9"}
        ours = {"DJANGO_SETTINGS_MODULE": "tests.bench._settings", **lib_stripe.settings(stack.site)}
        env = {**backend.settings(stack.site), **away, **stack.env, **ours}
        os.environ.update(env)
        Path(env["STATIC_ROOT"]).mkdir()
        purchases = _prepare(options, stack.site.ports["stripe"], state := stack.site.var / "stripe.json")
        pieces = [backend.web(stack.site, env), *backend.workers(stack.site, env)]
        for piece in [lib_stripe.piece(stack.site, state), *pieces]:
            stack.stack.start(piece)
        port = stack.site.ports["web"]
        watched, told = purchases[: options["users"]], purchases[options["users"] :]
        result = {**_authenticate(), **_effect(port, watched), **_webhook(port, told, options)}
    missed = [f"{name} is {result[name]}, the limit is {most}" for name, most in LIMITS.items() if result[name] > most]
    missed += [
        f"{name} is {result[name]}, the limit is {least}" for name, least in LEAST.items() if result[name] < least
    ]
    return result, missed


def _prepare(options: dict[str, int], port: int, state: Path) -> list[Purchase]:
    """Users who have been to the checkout and paid; the stand-in's books go into `state`."""
    import django

    django.setup()
    from django.core.management import call_command

    from billing.models import Product
    from tests.fakes.stripe import Stripe, serve
    from tests.fakes.stripe.__main__ import save

    call_command("migrate", verbosity=0)
    told = (options["seconds"] + WARM_SECONDS) * options["rate"] // EVENTS_A_PURCHASE + 1
    print(f"preparing {options['users'] + told} purchases", file=sys.stderr)
    Product.objects.create(
        provider="stripe", external_id="price_month", name="Premium", period="month", amount=999, currency="USD"
    )
    account = Stripe()
    account.seed()
    server = serve(account, port=port)
    purchases = [_buy(account) for _ in range(options["users"] + told)]
    server.shutdown()
    server.server_close()
    save(account, state)
    return purchases


def _buy(account: Any) -> Purchase:
    """The customer as our checkout makes it; the rest happens at Stripe."""
    from djstripe.models import Customer

    from tests.factories import UserFactory

    # Nobody signs in with a password here, and hashing one costs more than everything else.
    user = UserFactory(password=None)
    customer, _ = Customer.get_or_create(subscriber=user, livemode=False)
    before = len(account.events)
    checkout = account.create_checkout({"customer": customer.id, "line_items": [{"price": "price_month"}]})
    account.pay_checkout(checkout["id"])
    events = account.events[before:]
    assert len(events) == EVENTS_A_PURCHASE, [event["type"] for event in events]
    return Purchase(str(user.uid), events)


def _authenticate() -> dict[str, Any]:
    """What follows the token's signature, warm: who is it, may they still, and what are they entitled to?"""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.sessions.denials import assert_denials
    from accounts.sessions.services import start_session
    from accounts.sessions.tokens import AccessToken
    from billing.authentication import ViewerAuthentication
    from billing.services import give_grant
    from streaming.lib import redis
    from tests.factories import UserFactory

    assert_denials()
    user = UserFactory()
    give_grant(user=user, reason="gift")
    token = AccessToken(start_session(user=user).access_token)
    authentication = ViewerAuthentication()

    def check() -> None:
        assert authentication.get_user(token).entitlements.tier == "paid"

    check()
    with CaptureQueriesContext(connection) as queries:
        check()
    checked, asked = [], []
    for _ in range(TURNS):
        checked.append(_microseconds(check))
        asked.append(_microseconds(lambda: redis.get_many("three", "absent", "keys")))
    connection.close()
    return {
        "entitlements_us": round(statistics.median(checked)),
        "redis_us": round(statistics.median(asked)),
        "entitlements_sql": len(queries),
    }


def _microseconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(CHECKS):
        call()
    return (time.perf_counter() - begun) / CHECKS * 1_000_000


def _effect(port: int, watched: list[Purchase]) -> dict[str, Any]:
    """Seconds from the send of a purchase's first event to a ticket of the paid tier, one user after another."""
    from django.db import connection

    from accounts.models import User
    from accounts.sessions.services import start_session
    from tests.factories import TrackFactory

    track = str(TrackFactory().uid)
    taken = []
    for purchase in watched:
        token = start_session(user=User.objects.get(uid=purchase.user_uid)).access_token
        taken.append(_until_paid(port, purchase, token, track))
    connection.close()
    print(f"effect: {[round(seconds, 2) for seconds in taken]}", file=sys.stderr)
    return {"effect_p50_s": round(statistics.median(taken), 2), "effect_s": round(max(taken), 2)}


def _until_paid(port: int, purchase: Purchase, token: str, track: str) -> float:
    from tests.fakes.stripe import delivery

    deliver = delivery.over_http(f"http://127.0.0.1:{port}/webhooks/stripe")
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    # The record is warm, and says what was true until now: that is the harder case.
    assert _tier(web, token, track) == "free"
    begun = time.perf_counter()
    for event in purchase.events:
        assert deliver(*delivery.signed(event)) == 200
    while _tier(web, token, track) != "paid":
        assert time.perf_counter() - begun < PATIENCE, "the payment was never seen"
        time.sleep(0.01)
    web.close()
    return time.perf_counter() - begun


def _tier(web: http.client.HTTPConnection, token: str, track: str) -> str:
    """What a ticket that is issued now says."""
    from playback.tickets import read_ticket

    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    web.request("POST", "/api/v1/play-tickets", json.dumps({"items": [{"track": track}]}), headers)
    answer = web.getresponse()
    body = json.loads(answer.read())
    assert answer.status == 200, body
    return read_ticket(body["items"][0]["ticket"]).tier


def _webhook(port: int, told: list[Purchase], options: dict[str, int]) -> dict[str, Any]:
    """Events at a steady rate, and between them as many signed bodies of which nothing is kept: the limit."""
    from tests.bench.lib_load import drive_at

    events = [event for purchase in told for event in purchase.events]
    rate, warm = options["rate"], WARM_SECONDS * options["rate"]
    drive_at(port, _schedule(events[:warm], rate), connections=CONNECTIONS)
    begun = time.perf_counter()
    measured = events[warm : warm + options["seconds"] * rate]
    loads = drive_at(port, _schedule(measured, rate), connections=CONNECTIONS)
    for kind, load in loads.items():
        print(f"{kind}: {load.rps:.0f} rps, p50 {load.p50_ms:.1f}, p99 {load.p99_ms:.1f} ms", file=sys.stderr)
        assert set(load.statuses) == {200}, load.statuses
    webhook, limit = loads["webhook"], loads["signed"]
    return {
        "webhook_p50_ms": round(webhook.p50_ms, 1),
        "webhook_p99_ms": round(webhook.p99_ms, 1),
        "limit_p50_ms": round(limit.p50_ms, 1),
        "limit_p99_ms": round(limit.p99_ms, 1),
        "ratio": round(limit.p50_ms / webhook.p50_ms, 3),
        "rate": rate,
        **_worked_off([event["id"] for event in measured], begun),
    }


def _schedule(events: list[dict[str, Any]], rate: int) -> "list[Due]":
    from tests.bench.lib_load import Due, request_bytes
    from tests.fakes.stripe import delivery

    schedule = []
    for place, event in enumerate(events):
        body, headers = delivery.signed(event)
        for kind, path, later in (("webhook", "/webhooks/stripe", 0.0), ("signed", "/bench/signed", 0.5)):
            request = request_bytes("POST", path, headers=headers, body=body)
            schedule.append(Due((place + later) / rate, kind, request))
    return schedule


def _worked_off(event_ids: list[str], begun: float) -> dict[str, Any]:
    """How long the workers took for what came so fast: events a second, and the wait of the slowest twentieth."""
    from django.db import connection

    from billing.models import ProviderEvent

    events = ProviderEvent.objects.filter(event_id__in=event_ids)
    while events.filter(processed_at=None).exists():
        assert time.perf_counter() - begun < PATIENCE, "the workers never caught up"
        time.sleep(0.2)
    elapsed = time.perf_counter() - begun
    waits = sorted((done - came).total_seconds() for came, done in events.values_list("received_at", "processed_at"))
    assert len(waits) == len(event_ids), "an event was lost"
    connection.close()
    return {
        "worked_off_rps": round(len(waits) / elapsed, 1),
        "worked_off_p95_s": round(waits[int(len(waits) * 0.95)], 2),
    }
