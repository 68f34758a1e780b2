"""Telling a webhook: signed as Stripe signs, and able to do what networks do."""

import json
import random
import time
import urllib.request
from collections.abc import Callable

import stripe

from tests.fakes.stripe.account import SECRET, Stripe
from tests.fakes.stripe.shapes import Object

# Takes the body and the headers; answers the status.
Deliver = Callable[[bytes, dict[str, str]], int]


def signed(event: Object, *, secret: str = SECRET, at: int | None = None) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, timestamp=at or int(time.time()))
    return body.encode(), {"Stripe-Signature": header, "Content-Type": "application/json"}


def flush(
    account: Stripe, deliver: Deliver, *, seed: int | None = None, duplicate: bool = False, secret: str = SECRET
) -> None:
    """Deliver everything that waits: in order, or with a seed shuffled; twice on demand."""
    waiting, account.undelivered = account.undelivered, []
    if duplicate:
        waiting = waiting * 2
    if seed is not None:
        random.Random(seed).shuffle(waiting)
    for event in waiting:
        if deliver(*signed(event, secret=secret)) != 200:
            account.undelivered.append(event)


def drop(account: Stripe) -> None:
    """What waits is lost for good."""
    account.undelivered = []


def over_http(address: str) -> Deliver:
    def deliver(body: bytes, headers: dict[str, str]) -> int:
        request = urllib.request.Request(address, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except OSError:
            return 503

    return deliver
