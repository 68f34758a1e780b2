"""What stands in a cell: text from any type that a spreadsheet has, and values from text. Raises ValidationError."""

from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime

APART = "; "
# A spreadsheet takes a cell that begins so for a formula, and may run it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")


def to_text(value: Any) -> str:
    """One line of text, whatever the spreadsheet has there."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        midnight = value.tzinfo is None and (value.hour, value.minute, value.second) == (0, 0, 0)
        return (value.date() if midnight else value).isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).replace("\x00", " ").split())
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def escape(text: str) -> str:
    """An apostrophe before what would be a formula; it is taken off again by `to_text`."""
    return f"'{text}" if text.startswith(FORMULA) else text


def yes_or_no(text: str) -> bool:
    if text.lower() in YES or text.lower() in NO:
        return text.lower() in YES
    raise ValidationError("Write yes or no.")


def number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5):
        raise ValidationError("Write a whole number.")
    return int(text)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValidationError("Write the date as 2026-11-25.") from None


def moment(text: str) -> datetime | None:
    """None where nothing stands; without a zone it is UTC."""
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise ValidationError("Write the time as 2026-11-25T18:00:00Z.")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def names(text: str) -> tuple[str, ...]:
    """Apart by semicolons, without repetition."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(";") if name.strip()))


def code(text: str) -> str | None:
    """An ISRC or UPC as people write it; None where nothing stands."""
    return text.replace("-", "").replace(" ", "").upper() or None
