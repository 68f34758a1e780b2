"""Secrets of one local stack: made once, kept in var/secrets.json, readable by the owner only."""

import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyotp

from streaming.devstack.files import read_json, write_json

SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvz" for vowel in "aeiou"]


@dataclass(frozen=True)
class Secrets:
    """`settings` are environment variables of the Django processes, `stripe` those for the stand-in of Stripe.

    `passwords` maps a demo e-mail to its password, `totp_secrets` one of staff to the secret of its authenticator app.
    """

    settings: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    totp_secrets: dict[str, str] = field(default_factory=dict)
    stripe: dict[str, str] = field(default_factory=dict)
    postgres: str = ""


def path_in(var: Path) -> Path:
    return var / "secrets.json"


def load(path: Path, emails: tuple[str, ...] = (), staff: tuple[str, ...] = ()) -> Secrets:
    """What the file holds, completed with what it lacks."""
    known = read_json(path)
    made = Secrets(
        settings=_settings() | known.get("settings", {}),
        passwords={email: _spoken() for email in emails} | known.get("passwords", {}),
        totp_secrets={email: pyotp.random_base32() for email in staff} | known.get("totp_secrets", {}),
        stripe=_stripe() | known.get("stripe", {}),
        postgres=known.get("postgres") or secrets.token_hex(16),
    )
    if asdict(made) != known:
        write_json(path, asdict(made))
    return made


def make() -> Secrets:
    """Secrets for a stack that is thrown away."""
    return Secrets(settings=_settings(), postgres=secrets.token_hex(16))


def _settings() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SEALING_KEYS": secrets.token_urlsafe(48),
        "REFRESH_TOKEN_KEYS": secrets.token_urlsafe(48),
        "AUDIT_KEY": secrets.token_urlsafe(48),
        "MEDIA_LINK_KEYS": secrets.token_urlsafe(32),
        "TICKET_KEYS": secrets.token_urlsafe(32),
        "ORIGIN_SECRET": secrets.token_urlsafe(32),
        "R2_ACCESS_KEY_ID": secrets.token_hex(16),
        "R2_SECRET_ACCESS_KEY": secrets.token_hex(32),
    }


def _stripe() -> dict[str, str]:
    """In the shape of Stripe's own."""
    return {
        "STRIPE_SECRET_KEY": f"sk_test_{secrets.token_hex(16)}",
        "STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
    }


def _spoken() -> str:
    """A password that a person can type: about 50 bits."""
    words = ["".join(secrets.choice(SYLLABLES) for _ in range(3)) for _ in range(2)]
    return "-".join([*words, f"{secrets.randbelow(10_000):04}"])
