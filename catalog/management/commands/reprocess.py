from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from catalog.ingest.control import remake_missing
from catalog.ingest.queries import incomplete
from catalog.music.models import Recording
from streaming.lib.errors import DomainError

# Jobs of old uploads come before those of new ones: a run puts so many into the queue, and no more.
MOST = 500


class Command(BaseCommand):
    help = "Have the assets that published recordings lack made from their stored originals. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uids", nargs="*", metavar="UID", type=UUID, help="of recordings; without any, all")
        parser.add_argument("--limit", type=int, default=MOST, help=f"jobs at most ({MOST})")
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *args: Any, uids: list[UUID], limit: int, dry_run: bool, **options: Any) -> None:
        lacking = incomplete(Recording.objects.filter(uid__in=uids) if uids else Recording.objects.all())
        if dry_run:
            self.stdout.write(f"{lacking.count()} recordings lack something.")
            return
        started = 0
        for recording in lacking.order_by("pk").iterator(chunk_size=200):
            if started >= limit:
                self.stdout.write(f"The limit of {limit} is reached. Run this again when these are done.")
                break
            started += self._remake(recording)
        self.stdout.write(f"{started} jobs are waiting for a worker.")

    def _remake(self, recording: Recording) -> bool:
        try:
            return remake_missing(recording=recording)
        except DomainError as error:
            self.stderr.write(f"{recording.uid} {recording}: {error.detail}")
            return False
