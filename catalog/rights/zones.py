"""Whose midnight counts in a country: its time zone, and for countries with several the one that we state."""

from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global

# Where most people of a country with several zones live. The guide shows this list to editors.
STATED = {
    "AQ": "Antarctica/McMurdo",
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "UM": "Pacific/Wake",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
}


@cache
def zone_of(market: str) -> tzinfo:
    """UTC for a code that no time zone names."""
    name = STATED.get(market) or _only_zones().get(market)
    return ZoneInfo(name) if name else UTC


@cache
def _only_zones() -> dict[str, str]:
    """The zone of each country that has one alone."""
    zones: dict[str, list[str]] = {}
    for zone, country in get_global("zone_territories").items():
        zones.setdefault(country, []).append(zone)
    return {country: names[0] for country, names in zones.items() if len(names) == 1}


def day_in(market: str, at: datetime) -> date:
    """The date that people there read off a calendar at this moment."""
    return at.astimezone(zone_of(market)).date()


def day_begins(market: str, day: date) -> datetime:
    """The first instant of a date there; where a clock skips midnight, the moment at which it does."""
    return datetime.combine(day, time(), tzinfo=zone_of(market)).astimezone(UTC)
