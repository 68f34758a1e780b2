from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streaming.lib import explain


class Command(BaseCommand):
    help = "Print how a decision comes about, step by step."

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
        for kind, explanation in explain.known().items():
            words = kinds.add_parser(kind, help=" ".join(explanation.arguments))
            for name in explanation.arguments:
                words.add_argument(name.lower(), metavar=name)

    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["kind"]
        named = [options[name.lower()] for name in explain.known()[kind].arguments]
        try:
            lines = explain.explain(kind, *named)
        except explain.UnknownThing as unknown:
            raise CommandError(str(unknown)) from unknown
        self.stdout.write("\n".join(lines))
