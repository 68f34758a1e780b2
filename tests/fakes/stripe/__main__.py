"""The stand-in as a process, for `make run`: python -m tests.fakes.stripe --port P --webhook URL --state FILE"""

import argparse
import json
import os
import signal
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.fakes.stripe.account import KEY, SECRET, Book, Stripe
from tests.fakes.stripe.delivery import flush, over_http
from tests.fakes.stripe.server import serve

KEPT = ("objects", "asked", "events", "undelivered", "_count")


def load(account: Stripe, path: Path) -> None:
    if not path.exists():
        return
    held = json.loads(path.read_text())
    for name in KEPT:
        setattr(account, name, held[name])
    account.declines = set(held["declines"])
    account.books = {uid: _book(book) for uid, book in held["books"].items()}


def _book(held: dict[str, object]) -> Book:
    book = Book(**held)  # type: ignore[arg-type]  # as it was written
    book.anchor = datetime.fromisoformat(str(held["anchor"]))
    book.retries = [datetime.fromisoformat(at) for at in held["retries"]]  # type: ignore[attr-defined]  # a list
    book.gives_up_at = datetime.fromisoformat(str(held["gives_up_at"])) if held["gives_up_at"] else None
    return book


def save(account: Stripe, path: Path) -> None:
    held = {name: getattr(account, name) for name in KEPT} | {"declines": sorted(account.declines)}
    held["books"] = {uid: asdict(book) for uid, book in account.books.items()}
    text = json.dumps(held, default=lambda value: value.isoformat())
    if not path.exists() or path.read_text() != text:
        unfinished = path.with_suffix(".new")
        unfinished.write_text(text)
        unfinished.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True)
    parser.add_argument("--state", type=Path, required=True)
    asked = parser.parse_args()
    account = Stripe(base=f"http://localhost:{asked.port}")
    account.clock = lambda: datetime.now(UTC)
    load(account, asked.state)
    account.seed()
    ended, changed = threading.Event(), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    key, secret = os.environ.get("STRIPE_SECRET_KEY") or KEY, os.environ.get("STRIPE_WEBHOOK_SECRETS") or SECRET
    serve(account, port=asked.port, key=key, on_change=changed.set)
    print("stripe stand-in ready", flush=True)
    while not ended.is_set():
        # A webhook that did not answer is told again.
        changed.wait(0.5)
        changed.clear()
        with account.lock:
            account.advance_to(datetime.now(UTC))
        if account.undelivered:
            flush(account, over_http(asked.webhook), secret=secret)
        with account.lock:
            save(account, asked.state)


if __name__ == "__main__":
    main()
