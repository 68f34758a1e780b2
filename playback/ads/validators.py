"""What the admin's fields take: countries as ISO 3166-1 has them, and addresses that a redirect may lead to."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from catalog.music.validators import validate_territories

MAX_ADDRESS = 2000
# What a browser would read as something else than it seems, or an HTTP header would end at, is not in it.
_PLAIN = re.compile(r"[!#-;=?-\[\]_a-z~]*")
_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
# A last name in letters (or their ASCII spelling): browsers read one that is a number as part of an IP address.
_LAST_NAME = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_LOCAL = frozenset({"localhost", "local", "localdomain", "internal", "arpa", "home", "lan"})


def validate_countries(codes: list[str]) -> None:
    validate_territories(codes)


def validate_click_address(address: str) -> None:
    """An https address of a public name. What leads into a network, or can be misread by anybody, is refused."""
    sentence = _fault_of(address)
    if sentence:
        raise ValidationError(sentence, code="address")


def _fault_of(address: str) -> str:
    if len(address) > MAX_ADDRESS:
        return f"An address has at most {MAX_ADDRESS} characters."
    if not _PLAIN.fullmatch(address):
        return "Write spaces, quotes and letters outside ASCII in an address as %XX, and its name in ASCII (xn--)."
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "This is not an address."
    if parts.scheme != "https":
        return "The address has to start with https://."
    if "@" in parts.netloc:
        return "An address must not carry a name or a password."
    if port not in (None, 443):
        return "The address has to be at the usual port of https."
    return "" if _is_public_name(parts.hostname or "") else "The address has to be at a public name, not at a number."


def _is_public_name(host: str) -> bool:
    names = host.split(".")
    return (
        len(host) <= 253
        and len(names) > 1
        and all(_NAME.fullmatch(name) for name in names)
        and bool(_LAST_NAME.fullmatch(names[-1]))
        and names[-1] not in _LOCAL
    )
