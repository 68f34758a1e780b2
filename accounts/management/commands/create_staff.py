import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.roles.services import ROLES, make_staff
from streaming.lib.errors import DomainError


class Command(BaseCommand):
    help = (
        "Create or update a staff account. The password is read from the environment variable STAFF_PASSWORD. "
        "A new account gets an authenticator, whose secret is printed once (STAFF_TOTP_SECRET sets it)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument("--display-name", default="")
        parser.add_argument(
            "--label", default="", help="with --role label: the name of the label whose team they join, as an owner"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("STAFF_PASSWORD")
        if not password:
            raise CommandError("Set STAFF_PASSWORD to the password of the account.")
        given = os.environ.get("STAFF_TOTP_SECRET", "")
        email, role, label = options["email"], options["role"], options["label"]
        if label and role != "label":
            raise CommandError("--label goes with --role label: the other roles work for no single label.")
        try:
            secret = make_staff(
                email=email,
                password=password,
                role=role,
                display_name=options["display_name"],
                totp_secret=given,
                label=label,
            )
        except DomainError as error:
            raise CommandError(error.detail) from None
        self.stdout.write(f"{email} is staff with the role {role}{f' in the team of {label}' if label else ''}.")
        if secret and not given:
            self.stdout.write(f"Secret for an authenticator app, shown this once: {secret}")
