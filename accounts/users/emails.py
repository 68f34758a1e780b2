"""How an address is spelt in our tables."""

import unicodedata

import idna

# The longest that mail can be sent to (RFC 5321), and what our column holds.
EMAIL_LENGTH = 254


def normalise_email(email: str) -> str:
    """One spelling per mailbox, so that look-alikes can't become a second account. Never raises.

    NFKC and small letters; a domain as IDNA maps it (UTS 46), so that xn--… and the name it stands for are one.
    """
    name, at, domain = unicodedata.normalize("NFKC", email).strip().rpartition("@")
    return f"{_small(name)}{at}{_domain(domain)}"


def _domain(domain: str) -> str:
    if len(domain) > EMAIL_LENGTH or (domain.isascii() and "xn--" not in domain.lower()):
        return _small(domain)
    try:
        return _small(idna.decode(idna.encode(domain, uts46=True)))
    except UnicodeError:
        return _small(domain)


def _small(text: str) -> str:
    # Some letters fold to their capital (Cherokee); PostgreSQL's lower() takes those for not spelt small.
    return unicodedata.normalize("NFKC", text.casefold().lower())


def can_be_mailed(email: str) -> bool:
    """Whether the domain is one that can exist: letters that Unicode does not have yet have no small form either."""
    domain = email.rpartition("@")[2]
    try:
        idna.encode(domain, uts46=True)
    except UnicodeError:
        # Plain domains with an underscore or the like have always been taken.
        return domain.isascii() and "xn--" not in domain
    return True
