"""Pure decisions about what people may change of their account."""

from datetime import datetime, timedelta
from functools import cache

from babel.core import get_global
from babel.localedata import locale_identifiers

MARKET_WAIT = timedelta(days=14)


def canonical_language(tag: str) -> str | None:
    """The one spelling of a BCP 47 tag that the CLDR has a locale for (pt-br is pt-BR, zh-TW zh-Hant-TW), or None."""
    return _languages().get(tag.casefold())


@cache
def _languages() -> dict[str, str]:
    """Spellings in lower case to canonical tags.

    A table of our own: the library's parser remembers whatever it is asked for, made-up tags too, and forgets nothing.
    """
    tags = {name.replace("_", "-") for name in locale_identifiers()} - {"root"}
    known = {tag.casefold(): tag for tag in tags}
    for short, full in get_global("likely_subtags").items():
        if not short.startswith("und") and (tag := full.replace("_", "-")) in tags:
            known.setdefault(short.replace("_", "-").casefold(), tag)
    return known


def market_free_at(changed_at: datetime | None) -> datetime | None:
    """When the market may be changed again after a change; None when it never was. Sign-up is no change."""
    return None if changed_at is None else changed_at + MARKET_WAIT
