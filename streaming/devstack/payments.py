"""Stripe's stand-in, so that subscribing works from click to ad-free without an account. With your own keys in the
environment it is not started.

It belongs to the tests: the application never imports it, and an image does not contain it.
"""

import sys
from collections.abc import Mapping

from streaming.devstack.processes import Piece
from streaming.devstack.site import ROOT, Site

NAME = "stripe"
# With this set Stripe is yours: then its other variables are, too.
YOURS = "STRIPE_SECRET_KEY"


def urls(site: Site) -> dict[str, str]:
    """What the Django processes need: where it is, the keys that it knows, and that its purchases count."""
    return {
        **site.secrets.stripe,
        "STRIPE_API_BASE": f"http://localhost:{site.ports[NAME]}",
        "BILLING_SANDBOX": "true",
    }


def piece(site: Site, settings: Mapping[str, str]) -> Piece:
    """It tells the web server of what happens, again and again until that answers."""
    port = site.ports[NAME]
    hook = f"http://localhost:{site.ports['web']}/webhooks/stripe"
    state = site.var / "stripe.json"
    command = [sys.executable, "-m", "tests.fakes.stripe", f"--port={port}", f"--webhook={hook}", f"--state={state}"]
    return Piece(
        name=NAME,
        command=command,
        ready=lambda child: child.has_printed("stripe stand-in ready"),
        address=f"http://localhost:{port}  (a stand-in: no money moves)",
        env=site.env(**settings),
        cwd=ROOT,
    )
