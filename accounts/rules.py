"""Pure decisions about accounts."""

import hmac
from collections.abc import Mapping


def market_from_headers(headers: Mapping[str, str], *, origin_secret: str, default: str) -> str:
    """The proxy's country, believed only with the secret that our zone adds; else the default market."""
    given = headers.get("X-Origin-Secret", "")
    if not origin_secret or not hmac.compare_digest(given.encode(), origin_secret.encode()):
        return default
    country = headers.get("CF-IPCountry", "").upper()
    # XX (unknown) and T1 (Tor) are Cloudflare's own codes and no markets.
    known = len(country) == 2 and country.isascii() and country.isalpha() and country != "XX"
    return country if known else default
