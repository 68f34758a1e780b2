"""How an address is spelt in our tables."""

import unicodedata


def normalise_email(email: str) -> str:
    """One spelling per address: NFKC and lower case, so that look-alikes can't become a second account."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()
