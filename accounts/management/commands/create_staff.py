import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.roles.services import ROLES, make_staff


class Command(BaseCommand):
    help = (
        "Create or update a staff account. The password is read from the environment variable STAFF_PASSWORD. "
        "A new account gets an authenticator, whose secret is printed once (STAFF_TOTP_SECRET sets it)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument("--display-name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("STAFF_PASSWORD")
        if not password:
            raise CommandError("Set STAFF_PASSWORD to the password of the account.")
        given = os.environ.get("STAFF_TOTP_SECRET", "")
        email, role = options["email"], options["role"]
        secret = make_staff(
            email=email, password=password, role=role, display_name=options["display_name"], totp_secret=given
        )
        self.stdout.write(f"{email} is staff with the role {role}.")
        if secret and not given:
            self.stdout.write(f"Secret for an authenticator app, shown this once: {secret}")
