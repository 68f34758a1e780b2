"""Short signed statements that clients carry and cannot read or change: base64url(payload).base64url(mac).

Two keys are accepted, the current one first, so that a key can be rotated with nothing refused.
"""

import base64
import hmac
from hashlib import sha256

MAC_BYTES = 32


class BadSignature(Exception):
    """The text was not signed by one of our keys; it is not said why."""


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _mac(key: str, purpose: str, payload: bytes) -> bytes:
    return hmac.digest(key.encode(), purpose.encode() + b"\0" + payload, sha256)


def sign(payload: bytes, *, keys: list[str], purpose: str) -> str:
    """`purpose` keeps one kind of statement from being taken for another under the same key."""
    return f"{_encode(payload)}.{_encode(_mac(keys[0], purpose, payload))}"


def unsign(text: str, *, keys: list[str], purpose: str) -> bytes:
    """The payload; BadSignature when the text is malformed or no key made it."""
    encoded, _, encoded_mac = text.partition(".")
    try:
        payload, mac = _decode(encoded), _decode(encoded_mac)
    except ValueError as error:
        raise BadSignature from error
    # The canonical form is compared too: base64 has spare bits, and one statement must have one spelling.
    if len(mac) != MAC_BYTES or f"{_encode(payload)}.{_encode(mac)}" != text:
        raise BadSignature
    if not any(hmac.compare_digest(mac, _mac(key, purpose, payload)) for key in keys):
        raise BadSignature
    return payload
