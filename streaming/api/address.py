"""The network address that a request comes from."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """What our own proxies saw, counted from the right of X-Forwarded-For: the left of it is whatever a client wrote.

    An IPv6 address is cut to its /64, which is what one subscriber has. Never raises.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    given = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    proxies = settings.TRUSTED_PROXIES
    found = given[-proxies] if 0 < proxies <= len(given) else peer
    return _cut(found) or _cut(peer) or peer


def _cut(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
