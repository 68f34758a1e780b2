from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalog.search import backlog, elastic, rebuild

WIDTH = 40


class Command(BaseCommand):
    help = "Builds the search index anew beside the old one, which goes on answering, and swaps them at the end."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ELASTICSEARCH_URL:
            raise CommandError("ELASTICSEARCH_URL is not set: PostgreSQL searches, and needs no index.")
        while backlog.store_waiting():
            pass
        try:
            name = rebuild.rebuild(progress=self._show, others=True)
        except rebuild.AlreadyRebuildingError:
            raise CommandError("Another process rebuilds the index just now.") from None
        except elastic.Trouble as error:
            raise CommandError(f"Elasticsearch does not answer as it should: {error}") from error
        self.stdout.write(f"\nThe index is {name}.")

    def _show(self, done: int, total: int) -> None:
        filled = WIDTH * done // total if total else WIDTH
        self.stdout.write(f"\r[{'#' * filled}{' ' * (WIDTH - filled)}] {done:,} of {total:,}", ending="")
        self.stdout.flush()
