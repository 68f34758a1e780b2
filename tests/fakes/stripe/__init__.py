"""A stand-in for Stripe at the HTTP boundary: stateful, driven by a clock of its own, signed (API 2026-05-27.dahlia).

No Django in here: `make run` starts it as a process of its own.
"""

from tests.fakes.stripe.account import KEY, SECRET, Stripe
from tests.fakes.stripe.server import serve

__all__ = ["KEY", "SECRET", "Stripe", "serve"]
