"""What an editor may do to a job: cancel it, and have it tried again."""

from catalog.ingest.claims import RUN_TASK
from catalog.ingest.models import IngestJob
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
        raise DomainError(Code.CONFLICT, "This job has ended already, so there is nothing to cancel.", status=409)


def retry_job(*, job_id: int) -> None:
    """Let a job that failed or was cancelled wait for a worker again, with all its attempts.

    It goes on from the stage that it stopped in as far as the store has what came before: assets that were stored whole
    are kept, and once all are, only publishing is left. Raises DomainError when the job did not stop.
    """
    at = clock.now()
    stopped = IngestJob.objects.filter(pk=job_id, state__in=(IngestJob.State.FAILED, IngestJob.State.CANCELLED))
    revived = stopped.update(
        state=IngestJob.State.WAITING,
        attempts=0,
        progress=0,
        run_after=at,
        nudged_at=at,
        finished_at=None,
        error_code="",
        error_message="",
    )
    if not revived:
        sentence = "Only a job that failed or was cancelled can be tried again."
        raise DomainError(Code.CONFLICT, sentence, status=409)
    jobs.enqueue(RUN_TASK, job_id)
