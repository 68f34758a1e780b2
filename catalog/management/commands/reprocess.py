from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import QuerySet

from catalog.ingest.control import remake_cover, remake_missing
from catalog.ingest.queries import incomplete, with_small_covers
from catalog.music.models import Recording, Release
from streaming.lib.errors import DomainError

# Jobs of old uploads come before those of new ones: a run puts so many into the queue, and no more.
MOST = 500


class Command(BaseCommand):
    help = "Have what published recordings and covers lack made from their stored originals. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uids", nargs="*", metavar="UID", type=UUID, help="of recordings, releases; without: all")
        parser.add_argument("--limit", type=int, default=MOST, help=f"jobs at most ({MOST})")
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *args: Any, uids: list[UUID], limit: int, dry_run: bool, **options: Any) -> None:
        recordings = incomplete(_named(Recording.objects.all(), uids))
        covers = with_small_covers(_named(Release.objects.all(), uids))
        if dry_run:
            self.stdout.write(f"{recordings.count()} recordings and {covers.count()} covers lack something.")
            return
        started = sum(1 for _ in islice(self._started(recordings, covers), limit))
        self.stdout.write(f"{started} jobs are waiting for a worker.")
        if started == limit:
            self.stdout.write(f"The limit of {limit} is reached. Run this again when they are done.")

    def _started(self, recordings: QuerySet[Recording], covers: QuerySet[Release]) -> Iterator[Recording | Release]:
        for recording in recordings.order_by("pk").iterator(chunk_size=200):
            if self._try(recording, partial(remake_missing, recording=recording)):
                yield recording
        for release in covers.order_by("pk").iterator(chunk_size=200):
            if self._try(release, partial(remake_cover, release=release)):
                yield release

    def _try(self, thing: Recording | Release, remake: Callable[[], bool]) -> bool:
        try:
            return remake()
        except DomainError as error:
            self.stderr.write(f"{thing.uid} {thing}: {error.detail}")
            return False


def _named(rows: QuerySet[Any], uids: list[UUID]) -> QuerySet[Any]:
    return rows.filter(uid__in=uids) if uids else rows
