"""A stand-in for the App Store at the HTTP boundary: stateful, driven by a clock of its own, signed by its own root.

No Django in here.
"""

from tests.fakes.apple.ca import Authority
from tests.fakes.apple.server import serve
from tests.fakes.apple.store import APP_ID, BUNDLE_ID, Store

__all__ = ["APP_ID", "BUNDLE_ID", "Authority", "Store", "serve"]
