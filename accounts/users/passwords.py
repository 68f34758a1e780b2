"""What a password must be: 8 to 128 characters and not a common one; no composition rules."""

from django.core.exceptions import ValidationError

MAX_LENGTH = 128


def as_tried(password: str) -> str:
    """What is hashed of a password that somebody tries: hashing takes time by length, and a refusal must not be quicker
    than a wrong password. One character too many is enough to be wrong."""
    return password[: MAX_LENGTH + 1]


class MaximumLengthValidator:
    """Hashing takes time by length: a limit keeps a long password from being a way to keep us busy."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > MAX_LENGTH:
            raise ValidationError(
                f"This password is too long. It may have {MAX_LENGTH} characters at most.", code="password_too_long"
            )

    def get_help_text(self) -> str:
        return f"Your password may have {MAX_LENGTH} characters at most."
