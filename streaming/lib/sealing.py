"""Secrets that have to be stored: sealed under a key outside the database, so that the database alone opens nothing.

Two keys open, the first one seals; `manage.py reseal` brings what is stored under the first.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def seal(secret: str) -> str:
    return _sealer().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises cryptography.fernet.InvalidToken when no key of ours sealed it."""
    return _sealer().decrypt(sealed.encode()).decode()


def reseal(sealed: str) -> str:
    return _sealer().rotate(sealed.encode()).decode()


def _sealer() -> MultiFernet:
    """A setting is any long text: Fernet wants 32 bytes in base64."""
    digests = [hashlib.sha256(key.encode()).digest() for key in settings.SEALING_KEYS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
