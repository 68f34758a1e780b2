"""The work that turns masters into assets."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q

from catalog.ingest.claims import MAX_ATTEMPTS, RUN_TASK, Heartbeat, claim_job, fail_job, postpone_job
from catalog.ingest.errors import (
    DISK_FULL,
    STORAGE_FULL,
    STORAGE_REFUSED,
    STORAGE_UNAVAILABLE,
    UNEXPECTED,
    ClaimLost,
    IngestError,
    IngestInterrupted,
    is_full,
)
from catalog.ingest.facts import read_head
from catalog.ingest.inspection import note_checksum
from catalog.ingest.models import Asset, IngestJob, Master
from catalog.ingest.package import Packages, check_kind, package_banner, package_cover, package_media
from catalog.ingest.publish import adopt_stored, discard_abandoned, discard_claimed, publish_assets, store_packages
from catalog.ingest.queries import same_file_elsewhere
from catalog.ingest.readers import probe_apart
from catalog.ingest.rules import qualities_of
from catalog.ingest.sniff import is_picture
from catalog.ingest.workspace import workspace
from catalog.music.models import Recording
from streaming.lib import clock, jobs, storage

log = logging.getLogger(__name__)

NUDGE_AGAIN_SECONDS = 60
NUDGE_BATCH = 100
ABANDONED_AFTER = timedelta(minutes=10)
DISCARD_BATCH = 200

Stage = IngestJob.Stage


def run_ingest(*, job_id: int) -> None:
    """Do the job if it can be claimed: download, probe, encode, upload, publish. Safe to call at any time.

    A file that can't be used ends the job; trouble around it lets the job wait for another attempt, which goes on with
    what this one stored. A worker that is killed leaves an expired claim and unpublished assets, and beat sees to both.
    """
    job = claim_job(job_id=job_id)
    if job is None or job.claimed_by is None:
        return
    token = job.claimed_by
    if job.attempts > MAX_ATTEMPTS:
        sentence = f"The worker stopped {MAX_ATTEMPTS} times over this file. Export it again and upload the new file."
        fail_job(job_id=job.pk, token=token, code="GAVE_UP", message=sentence)
        return
    with _outcomes(job, token), _tidied(job, token), Heartbeat(job.pk, token) as heartbeat:
        stored = adopt_stored(job=job, token=token)
        # In its last stage all its assets were stored already.
        if not stored or job.stage != Stage.PUBLISH:
            _prepare(job, token, stored, heartbeat)
        heartbeat.enter(Stage.PUBLISH)
        publish_assets(job=job, token=token)


def _prepare(job: IngestJob, token: uuid.UUID, stored: set[str], heartbeat: Heartbeat) -> None:
    """All that comes before publishing, for the assets that are not stored yet."""
    with workspace() as folder:
        source = folder / "master"
        heartbeat.enter(Stage.DOWNLOAD)
        _check_unchanged(job.master)
        _download(job.master, source, heartbeat)
        _note_warnings(job, _warnings_of_copies(job.master))
        packages = _make_packages(job, source, stored, heartbeat)
        heartbeat.enter(Stage.UPLOAD)
        _note_warnings(job, packages.warnings)
        store_packages(job=job, token=token, packages=packages, heartbeat=heartbeat)


def _download(master: Master, path: Path, heartbeat: Heartbeat) -> None:
    arrived = 0

    def on_bytes(more: int) -> None:
        # Parts come in threads of their own; a share that is a little behind is good enough.
        nonlocal arrived
        arrived += more
        heartbeat.report(min(99, arrived * 100 // master.size))

    storage.download(bucket=settings.R2_MASTERS_BUCKET, key=master.key, path=path, on_bytes=on_bytes)
    note_checksum(master=master, path=path)


def _warnings_of_copies(master: Master) -> tuple[str, ...]:
    """Of a file that went straight to a recording nobody could say so before: its checksum is known only now."""
    master.refresh_from_db(fields=["sha256"])
    titles = same_file_elsewhere(master)
    named = ", ".join(f"“{title}”" for title in titles)
    sentence = f"The same file as {named}. If it is the same song, put that recording on the release instead."
    return (sentence,) if titles else ()


def _make_packages(job: IngestJob, source: Path, stored: set[str], heartbeat: Heartbeat) -> Packages:
    heartbeat.enter(Stage.PROBE)
    recording, folder = job.master.recording, source.parent
    if recording is None:
        heartbeat.enter(Stage.ENCODE)
        return package_cover(source, folder)
    is_ad = recording.kind == Recording.Kind.AD
    if is_ad and is_picture(read_head(source)):
        heartbeat.enter(Stage.ENCODE)
        return package_banner(source, folder)
    facts = probe_apart(source)
    if not is_ad:
        check_kind(facts, video=recording.kind == Recording.Kind.VIDEO)
    heartbeat.enter(Stage.ENCODE)
    # A job that runs again makes what listeners do not have of it yet.
    there = stored.union(Asset.objects.current().filter(job=job).values_list("quality", flat=True))
    missing = [quality for quality in qualities_of(facts.kind, is_ad=is_ad) if quality not in there]
    if not missing:
        return Packages(())
    return package_media(source, facts, folder, wanted=missing, counts=not is_ad, on_progress=heartbeat.report)


def _note_warnings(job: IngestJob, warnings: tuple[str, ...]) -> None:
    """Beside those of an earlier attempt, whose assets are kept."""
    known = job.warning.splitlines()
    job.warning = "\n".join([*known, *(warning for warning in warnings if warning not in known)])
    job.save(update_fields=["warning"])


def _check_unchanged(master: Master) -> None:
    """The address of an upload takes files for an hour, also after it was completed, and of any size."""
    if storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=master.key) != master.size:
        raise IngestError("CHANGED", "Another file was sent after this upload was completed. Upload the file again.")


@contextmanager
def _outcomes(job: IngestJob, token: uuid.UUID) -> Iterator[None]:
    """Writes down why the work stopped, if it did."""
    try:
        yield
    except IngestError as error:
        fail_job(job_id=job.pk, token=token, code=error.code, message=error.message)
    except storage.NoSuchObject:
        sentence = "The uploaded file is no longer in the store. Upload it again."
        fail_job(job_id=job.pk, token=token, code="MASTER_MISSING", message=sentence)
    except IngestInterrupted as error:
        postpone_job(job=job, token=token, code=error.code, message=error.message)
    except storage.StorageRefused as error:
        # Not the file's fault either, and over once somebody has changed the settings: it is tried as often.
        code, sentence = ("STORAGE_FULL", STORAGE_FULL) if error.is_full else ("STORAGE_REFUSED", STORAGE_REFUSED)
        postpone_job(job=job, token=token, code=code, message=sentence)
    except storage.StorageUnavailable:
        log.warning("R2 could not be reached", extra={"job": job.pk}, exc_info=True)
        postpone_job(job=job, token=token, code="STORAGE_UNAVAILABLE", message=STORAGE_UNAVAILABLE)
    except ClaimLost:
        log.warning("the job was cancelled or another worker has it; nothing was published", extra={"job": job.pk})
    except Exception as error:
        if is_full(error):
            postpone_job(job=job, token=token, code="DISK_FULL", message=DISK_FULL)
            return
        postpone_job(job=job, token=token, code="UNEXPECTED", message=UNEXPECTED)
        raise


@contextmanager
def _tidied(job: IngestJob, token: uuid.UUID) -> Iterator[None]:
    """Removes what a stopped work leaves in the store; whole assets wait for the next attempt, where one can help."""
    try:
        yield
    except DatabaseError:
        # Perhaps it was the answer to the COMMIT that got lost: beat looks again when it is certain.
        raise
    except Exception as error:
        final = isinstance(error, IngestError | ClaimLost | storage.NoSuchObject)
        try:
            discard_claimed(job=job, token=token, whole_too=final)
        except storage.StorageUnavailable:
            log.warning("unpublished assets are left to beat", extra={"job": job.pk})
        raise


@transaction.atomic
def pick_up_jobs() -> int:
    """Tell the queue about jobs that wait or were deserted, oldest first; returns how many.

    A job is named again only after a minute, so that a busy worker does not find its queue full of repetitions.
    """
    at = clock.now()
    silent = Q(nudged_at=None) | Q(nudged_at__lte=at - timedelta(seconds=NUDGE_AGAIN_SECONDS))
    found = IngestJob.objects.claimable(at).filter(silent).order_by("created_at", "id")
    job_ids = list(found.values_list("pk", flat=True)[:NUDGE_BATCH])
    IngestJob.objects.filter(pk__in=job_ids).update(nudged_at=at)
    for job_id in job_ids:
        jobs.enqueue(RUN_TASK, job_id)
    return len(job_ids)


def discard_abandoned_assets() -> int:
    """Remove what dead workers had stored and never published; returns how many assets.

    Not at once: a worker that was only slow and lost its claim removes its own, the object it is sending included.
    """
    at = clock.now()
    discarded = 0
    abandoned = Asset.objects.abandoned(at).filter(created_at__lt=at - ABANDONED_AFTER).order_by("created_at")
    for asset in abandoned[:DISCARD_BATCH]:
        try:
            discarded += discard_abandoned(asset)
        except storage.StorageUnavailable:
            log.warning("R2 does not answer; abandoned assets wait for the next round")
            break
    return discarded
