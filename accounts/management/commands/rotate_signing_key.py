from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts.sessions import keys


class Command(BaseCommand):
    help = "Make a new key for access tokens. No request fails; with --at-once every access token is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="the key leaked: sign with the new one now and accept no older one; clients refresh",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kid = keys.rotate(at_once=options["at_once"])
        if options["at_once"]:
            self.stdout.write(
                f"Key {kid} signs now. Older access tokens are refused within {keys.REREAD_SECONDS:.0f} s."
            )
        else:
            minutes = keys.PUBLISHED_BEFORE.total_seconds() / 60
            self.stdout.write(
                f"Key {kid} is published, and signs in {minutes:.0f} minutes. There is nothing more to do."
            )
