from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.search import compare, elastic


class Command(BaseCommand):
    help = "Compares the search index with the database by ids and versions. Exits with 1 when they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Let what differs be indexed again.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ELASTICSEARCH_URL:
            raise CommandError("ELASTICSEARCH_URL is not set: there is no index to compare.")
        try:
            found = compare.compare()
            if options["repair"]:
                compare.repair(found)
        except elastic.Trouble as error:
            raise CommandError(f"Elasticsearch does not answer as it should: {error}") from error
        said = f"{len(found.rows)} documents differ, {len(found.unknown)} are unknown to the database."
        if found.count and not options["repair"]:
            raise CommandError(said)
        self.stdout.write(said)
