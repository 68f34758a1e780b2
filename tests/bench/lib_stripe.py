"""The stand-in for Stripe as a process of its own, so that what it does costs the client that measures nothing.

Unlike that of `make run` it delivers nothing and keeps nothing: the bench says when an event is sent.
"""

import argparse
import sys
import threading
from pathlib import Path

from streaming.devstack.processes import Piece
from streaming.devstack.site import ROOT, Site
from tests.fakes.stripe import KEY, SECRET, Stripe, serve
from tests.fakes.stripe.__main__ import load

READY = "stripe stand-in ready"


def settings(site: Site) -> dict[str, str]:
    """What the Django processes need to ask it and to believe it."""
    return {
        "STRIPE_SECRET_KEY": KEY,
        "STRIPE_WEBHOOK_SECRETS": SECRET,
        "STRIPE_API_BASE": f"http://127.0.0.1:{site.ports['stripe']}",
        "BILLING_SANDBOX": "true",
    }


def piece(site: Site, state: Path) -> Piece:
    """Answers on the site's port `stripe` for the account in that file."""
    return Piece(
        name="stripe",
        command=[sys.executable, "-m", "tests.bench.lib_stripe", f"--port={site.ports['stripe']}", f"--state={state}"],
        ready=lambda child: child.has_printed(READY),
        env=site.env(),
        cwd=ROOT,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    asked = parser.parse_args()
    account = Stripe()
    load(account, asked.state)
    serve(account, port=asked.port)
    print(READY, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
