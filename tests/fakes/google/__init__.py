"""A stand-in for Google Play at the HTTP boundary: stateful, driven by a clock of its own, its pushes signed.

No Django in here.
"""

from tests.fakes.google.play import Play
from tests.fakes.google.server import serve

__all__ = ["Play", "serve"]
