"""Django system checks: half a configuration of the App Store is none."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from billing.apple.client import ENVIRONMENTS, is_configured


@register("environment")
def app_store_is_whole(**kwargs: Any) -> list[CheckMessage]:
    if settings.APPLE_STORE_ENVIRONMENT not in ENVIRONMENTS:
        return [_error("APPLE_STORE_ENVIRONMENT", f"Set it to {' or '.join(ENVIRONMENTS)}.")]
    if not is_configured():
        return []
    needed = ["APPLE_STORE_ISSUER_ID", "APPLE_STORE_KEY_ID"]
    if settings.APPLE_STORE_ENVIRONMENT == "Production":
        needed.append("APPLE_STORE_APP_ID")
    found = [_error(name, "The App Store needs it, too.") for name in needed if not getattr(settings, name)]
    if not all(Path(root).is_file() for root in settings.APPLE_STORE_ROOTS):
        found.append(_error("APPLE_STORE_ROOTS", "Each must be the path of a certificate."))
    if not _is_key(settings.APPLE_STORE_KEY):
        found.append(_error("APPLE_STORE_KEY", "Set it to the text of the .p8 file."))
    return found


def _error(name: str, sentence: str) -> CheckMessage:
    # The value is not said: it may be the key.
    return Error(f"{name} is wrong or not set. {sentence}", id="billing.E001", obj=name)


def _is_key(pem: str) -> bool:
    try:
        load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        return False
    return True
