"""Who works on a job: a claim is a token and a time, taken and kept by conditional UPDATEs (row count 1 = mine)."""

import logging
import threading
import uuid
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.db.models.functions import Coalesce

from catalog.ingest.errors import ClaimLost
from catalog.ingest.models import IngestJob
from streaming.lib import clock

log = logging.getLogger(__name__)

RUN_TASK = "catalog.ingest.run_ingest"

CLAIM_SECONDS = 60
HEARTBEAT_SECONDS = 3
MAX_ATTEMPTS = 8
BACKOFF_SECONDS = 10
MAX_BACKOFF_SECONDS = 900


def claim_job(*, job_id: int) -> IngestJob | None:
    """Take the job if it is waiting and due, or deserted; None when another has it or there is nothing to do.

    Two workers at once: the second UPDATE waits for the first, looks at the row again, and matches nothing.
    """
    at = clock.now()
    token = uuid.uuid4()
    taken = (
        IngestJob.objects.claimable(at)
        .filter(pk=job_id)
        .update(
            state=IngestJob.State.RUNNING,
            claimed_by=token,
            claimed_until=at + timedelta(seconds=CLAIM_SECONDS),
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", at),
            progress=0,
            # Should this worker die, beat tells the queue at once when the claim has expired.
            nudged_at=None,
            error_code="",
            error_message="",
        )
    )
    if not taken:
        return None
    # The token is asked for again: a claim can be lost between the two statements.
    return (
        IngestJob.objects.claimed_with(token)
        .select_related("master__recording", "master__release")
        .filter(pk=job_id)
        .first()
    )


def extend_claim(*, job_id: int, token: uuid.UUID, stage: str, progress: int) -> None:
    """Keep the claim for another minute and show how far the work is. Raises ClaimLost."""
    at = clock.now()
    until = at + timedelta(seconds=CLAIM_SECONDS)
    held = IngestJob.objects.held(token, at).filter(pk=job_id)
    if not held.update(claimed_until=until, stage=stage, progress=progress):
        raise ClaimLost


def fail_job(*, job_id: int, token: uuid.UUID, code: str, message: str) -> None:
    """End the job with a sentence for the editor; nothing happens when another worker has it."""
    IngestJob.objects.claimed_with(token).filter(pk=job_id).update(
        state=IngestJob.State.FAILED,
        claimed_by=None,
        claimed_until=None,
        finished_at=clock.now(),
        error_code=code,
        error_message=message,
    )


def postpone_job(*, job: IngestJob, token: uuid.UUID, code: str, message: str) -> None:
    """Let the job wait and be tried again, each time later; after the last attempt it has failed."""
    if job.attempts >= MAX_ATTEMPTS:
        tried = (
            f"{message} It was tried {job.attempts} times: try it again in the ingest jobs when the trouble is over."
        )
        fail_job(job_id=job.pk, token=token, code=code, message=tried)
        return
    IngestJob.objects.claimed_with(token).filter(pk=job.pk).update(
        state=IngestJob.State.WAITING,
        claimed_by=None,
        claimed_until=None,
        run_after=next_attempt(clock.now(), job.attempts),
        progress=0,
        error_code=code,
        error_message=message,
    )


def next_attempt(at: datetime, attempts: int) -> datetime:
    """10 s after the first attempt, twice as long after each further one, a quarter of an hour at most."""
    return at + timedelta(seconds=min(MAX_BACKOFF_SECONDS, BACKOFF_SECONDS * 2 ** (attempts - 1)))


class Heartbeat:
    """Keeps a claim alive from a thread of its own while the work runs, and tells the work when it is lost.

    It is lost when another worker took the job over, and when somebody cancelled it.
    """

    def __init__(self, job_id: int, token: uuid.UUID) -> None:
        self._job_id = job_id
        self._token = token
        self._stage = IngestJob.Stage.DOWNLOAD
        self._progress = 0
        self.lost = threading.Event()
        self._writing = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat of ingest {job_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def enter(self, stage: IngestJob.Stage) -> None:
        """Write down that the next stage begins. Raises ClaimLost."""
        # The beat may write the old stage once more before this, never after it.
        with self._writing:
            self._stage, self._progress = stage, 0
            extend_claim(job_id=self._job_id, token=self._token, stage=stage, progress=0)

    def report(self, progress: int) -> None:
        """Note the progress of the stage in per cent for the next beat. Raises ClaimLost once that is known."""
        self._progress = progress
        if self.lost.is_set():
            raise ClaimLost

    def _beat(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                self._extend()
        finally:
            connection.close()

    def _extend(self) -> None:
        try:
            with self._writing:
                extend_claim(job_id=self._job_id, token=self._token, stage=self._stage, progress=self._progress)
        except ClaimLost:
            self.lost.set()
        except (DatabaseError, InterfaceError):
            # Until the claim expires there is time to try again, on a new connection.
            log.warning("the claim could not be extended", extra={"job": self._job_id}, exc_info=True)
            connection.close()
