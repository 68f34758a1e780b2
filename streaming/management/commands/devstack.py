from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.devstack import supervisor
from streaming.devstack.site import ROOT
from streaming.devstack.stack import STORES


class Command(BaseCommand):
    help = "Run the whole platform on this machine; Ctrl-C stops it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="forget data, keys and ports, and end")
        parser.add_argument("--only", default="", help=f"start only these: {','.join(STORES)}")
        parser.add_argument("--var", default=str(ROOT / "var"), help="the folder for data and logs")

    def handle(self, *args: Any, **options: Any) -> None:
        var = Path(options["var"]).resolve()
        only = tuple(filter(None, options["only"].split(",")))
        if unknown := set(only) - set(STORES):
            raise CommandError(f"There is no piece named {', '.join(sorted(unknown))}.")
        raise SystemExit(supervisor.reset(var) if options["reset"] else supervisor.start(var, only))
