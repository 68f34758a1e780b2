from pathlib import Path
from typing import Any

import pyotp
from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.devstack import runfile
from streaming.devstack.site import ROOT


class Command(BaseCommand):
    help = "Print the one-time code of the moment for a member of staff of the running demo."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--var", default=str(ROOT / "var"), help="the folder of the stack that runs")

    def handle(self, *args: Any, **options: Any) -> None:
        """From the secrets of the local stack: in production nobody but the authenticator has them in clear."""
        run = runfile.read(Path(options["var"]))
        if run is None:
            raise CommandError("Nothing runs here. Start it with `make run`.")
        secret = next((user.totp_secret for user in run.users if user.email == options["email"]), None)
        if secret is None:
            staff = ", ".join(user.email for user in run.users if user.totp_secret)
            raise CommandError(f"{options['email']} has no one-time codes here. Choose one of {staff}.")
        self.stdout.write(pyotp.TOTP(secret).now())
