"""Pure decisions about accounts."""

import hmac
import unicodedata
from collections.abc import Mapping

# Characters that break a line or turn the text around them: a name must not reach beyond itself.
_UNRULY = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

NAME_SENTENCE = "A name has something to see, and no control characters."


def is_name(text: str) -> bool:
    """Whether the text can be shown as a name: something to see, and no control characters."""
    kinds = [unicodedata.category(char) for char in text]
    unruly = any(kind in _UNRULY for kind in kinds) or not _TURNING.isdisjoint(text)
    return not unruly and any(kind[0] in "LNPS" for kind in kinds)


def country_from_headers(headers: Mapping[str, str], *, origin_secret: str) -> str:
    """The country that our proxy saw, believed only with the secret that our zone adds; empty when it isn't known."""
    given = headers.get("X-Origin-Secret", "")
    if not origin_secret or not hmac.compare_digest(given.encode(), origin_secret.encode()):
        return ""
    country = headers.get("CF-IPCountry", "").upper()
    # XX (unknown) and T1 (Tor) are Cloudflare's own codes and no markets.
    known = len(country) == 2 and country.isascii() and country.isalpha() and country != "XX"
    return country if known else ""


def market_from_headers(headers: Mapping[str, str], *, origin_secret: str, default: str) -> str:
    """The market of somebody without an account: the proxy's country, else the default."""
    return country_from_headers(headers, origin_secret=origin_secret) or default
