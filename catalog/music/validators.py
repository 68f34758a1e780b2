"""What may be entered as a code, a language or a territory: check digits and lists, one validator for forms and API."""

from functools import cache

from babel import Locale
from django.core.exceptions import ValidationError
from stdnum import ean, isrc
from stdnum.exceptions import InvalidChecksum
from stdnum.exceptions import ValidationError as NumberError

from accounts.profile.rules import canonical_language
from catalog.music.lyrics import NotTimed, parse_lrc

# What CLDR has beside ISO 3166-1: groups of countries, parts of some, and codes for tests. Kosovo (XK) stays: our
# proxy names it as a country, although ISO does not.
_NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])

# What the tables hold to, whoever writes them. Check digits can't be said there, and lists change: these are for forms.
ISRC_SHAPE = r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"
UPC_SHAPE = r"^[0-9]{12,13}$"
LANGUAGE_SHAPE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
# Of the whole array, as PostgreSQL writes it: {DE,FR}. A NULL in it has four letters.
TERRITORIES_SHAPE = r"^\{([A-Z]{2}(,[A-Z]{2})*)?\}$"


@cache
def territories() -> dict[str, str]:
    """English names by ISO 3166-1 alpha-2 code, in the order of the names."""
    names = Locale("en").territories
    countries = {code: name for code, name in names.items() if len(code) == 2 and code.isalpha()}
    kept = {code: name for code, name in countries.items() if code not in _NOT_COUNTRIES}
    return dict(sorted(kept.items(), key=lambda pair: pair[1]))


def validate_isrc(value: str) -> None:
    """Twelve characters, no hyphens; the first two are a country or one of the agency's own prefixes."""
    try:
        known = isrc.validate(value)
    except NumberError:
        known = None
    if known != value:
        raise ValidationError("An ISRC has twelve characters without hyphens, such as QZBBT2600001.", code="isrc")


def validate_upc(value: str) -> None:
    """A UPC of 12 digits or an EAN of 13; the last digit is a checksum."""
    try:
        ean.validate(value)
    except InvalidChecksum:
        raise ValidationError("The last digit does not fit the others: check for a typing error.", code="upc") from None
    except NumberError:
        raise ValidationError("A UPC has 12 digits, an EAN 13, without spaces.", code="upc") from None
    if len(value) not in (12, 13) or not value.isascii() or not value.isdigit():
        raise ValidationError("A UPC has 12 digits, an EAN 13, without spaces.", code="upc")


def taken(code: str) -> str:
    """Of an ISRC or UPC that something has: codes are unique over all labels, and whose it is is not told."""
    return f"This {code} is registered already. Check it for a typing error; if it is right, an editor can help."


def validate_language(value: str) -> None:
    if canonical_language(value) != value:
        raise ValidationError("This is no language tag that we know, such as en or pt-BR.", code="language")


def validate_lrc(value: str) -> None:
    try:
        parse_lrc(value)
    except NotTimed as error:
        raise ValidationError(str(error), code="lrc") from None


def validate_territories(values: list[str]) -> None:
    unknown = [value for value in values if value not in territories()]
    if unknown:
        sentence = f"No such country: {', '.join(unknown)}. Use ISO 3166-1 alpha-2 codes such as US, DE."
        raise ValidationError(sentence, code="territory")
    if len(set(values)) != len(values):
        raise ValidationError("Name each country once.", code="territory")
