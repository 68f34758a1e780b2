"""What an editor may do to a job: cancel it, have it tried again, and have what is missing made of its master."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from catalog.ingest.claims import RUN_TASK
from catalog.ingest.models import Asset, IngestJob
from catalog.ingest.queries import incomplete, with_small_covers
from catalog.ingest.rules import PLAYED
from catalog.music.models import Recording, Release
from streaming.lib import clock, jobs
from streaming.lib.errors import Code, DomainError


def cancel_job(*, job_id: int) -> None:
    """End a job that waits or runs; nothing of it is published. Its worker notices within seconds and tidies up.

    Raises DomainError when it has ended already, which the publishing transaction and this one agree on.
    """
    cancelled = IngestJob.objects.filter(pk=job_id, state__in=IngestJob.OPEN).update(
        state=IngestJob.State.CANCELLED,
        claimed_by=None,
        claimed_until=None,
        finished_at=clock.now(),
        error_code="",
        error_message="",
    )
    if not cancelled:
        raise _conflict("This job has ended already, so there is nothing to cancel.")


def retry_job(*, job_id: int) -> None:
    """Let a job that failed or was cancelled wait for a worker again, with all its attempts.

    It goes on from the stage that it stopped in as far as the store has what came before: assets that were stored whole
    are kept, and once all are, only publishing is left. Raises DomainError when the job did not stop.
    """
    at = clock.now()
    stopped = IngestJob.objects.filter(pk=job_id, state__in=(IngestJob.State.FAILED, IngestJob.State.CANCELLED))
    if not _revive(stopped, at):
        raise _conflict("Only a job that failed or was cancelled can be tried again.")
    jobs.enqueue(RUN_TASK, job_id)


def remake_missing(*, recording: Recording) -> bool:
    """Have what is missing of a published recording made from its stored original, beside what there is: that plays on,
    under its own addresses. False when nothing is missing, or a worker sees to it already.

    Raises CONFLICT when nothing is published of it, when that is not of its newest upload, and after a failure.
    """
    played = Asset.objects.current().filter(recording=recording, quality__in=PLAYED)
    return _remake(played, recording, is_needed=incomplete(Recording.objects.filter(pk=recording.pk)).exists())


def remake_cover(*, release: Release) -> bool:
    """Have a cover that lacks sizes made again from its stored original; it is shown until the new one is there. False
    and CONFLICT as above."""
    cover = Asset.objects.current().filter(release=release, quality=Asset.Quality.ARTWORK)
    return _remake(cover, release, is_needed=with_small_covers(Release.objects.filter(pk=release.pk)).exists())


def _remake(current: QuerySet[Asset], thing: Recording | Release, *, is_needed: bool) -> bool:
    asset = current.select_related("job").first()
    if asset is None:
        raise _conflict("Nothing is published of it yet: upload a file, and all is made of that.")
    if thing.masters.filter(pk__gt=asset.job.master_id, uploaded_at__isnull=False).exists():
        raise _conflict("A newer file was uploaded for it: try that one again in the ingest jobs.")
    if not is_needed:
        return False
    job = IngestJob.objects.filter(pk=asset.job_id)
    # From the first stage on: in the last one, where it ended, nothing is made.
    if _revive(job.filter(state=IngestJob.State.READY), clock.now(), stage=IngestJob.Stage.DOWNLOAD):
        jobs.enqueue(RUN_TASK, asset.job_id)
        return True
    if job.filter(state__in=IngestJob.OPEN).exists():
        return False
    raise _conflict("Making them was begun and stopped: look why, and try it again, in the ingest jobs.")


def _revive(stopped: QuerySet[IngestJob], at: datetime, **more: Any) -> int:
    return stopped.update(
        state=IngestJob.State.WAITING,
        attempts=0,
        progress=0,
        run_after=at,
        nudged_at=at,
        finished_at=None,
        error_code="",
        error_message="",
        **more,
    )


def _conflict(sentence: str) -> DomainError:
    return DomainError(Code.CONFLICT, sentence, status=409)
