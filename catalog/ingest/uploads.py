"""Uploads of masters, whole or in parts, straight from the browser to R2. No bytes pass here."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from accounts.models import User
from catalog.ingest.claims import RUN_TASK
from catalog.ingest.models import IngestJob, Master
from catalog.music.models import Label, Recording, Release
from streaming.lib import clock, ids, jobs, storage
from streaming.lib.errors import Code, DomainError, FieldProblem

INSPECT_TASK = "catalog.ingest.inspect_master"

# R2 takes no more in one PUT; in parts it takes more than anybody should upload.
MAX_PUT_BYTES = 5_000_000_000
MAX_MASTER_BYTES = 20_000_000_000
MAX_COVER_BYTES = 50_000_000
# R2 wants parts of equal size, of 5 MiB or more, and 10,000 at most: of the largest master these are 2,385.
PART_BYTES = 8 * 1024 * 1024
CONTENT_TYPE = re.compile(r"(?=.{3,100}\Z)[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*")

ABANDONED_AFTER = timedelta(days=2)
ABANDONED_BATCH = 200


@dataclass(frozen=True)
class Upload:
    """Where to PUT the master; exactly these headers go with it."""

    master: Master
    url: str
    headers: dict[str, str]


def start_upload(
    *,
    filename: str,
    size_bytes: int,
    content_type: str,
    recording: Recording | None = None,
    release: Release | None = None,
    created_by: User | None = None,
) -> Upload:
    """A new master of a recording, or a cover of a release, that is not there yet and comes in one piece."""
    master = _new_master(filename, size_bytes, content_type, MAX_PUT_BYTES, recording=recording, release=release)
    master.created_by = created_by
    master.save()
    url = storage.presign_put(bucket=settings.R2_MASTERS_BUCKET, key=master.key, content_type=master.content_type)
    return Upload(master, url, {"Content-Type": master.content_type})


def start_parts(
    *, filename: str, size_bytes: int, content_type: str, label: Label, created_by: User | None = None
) -> Master:
    """A new file of a label that comes in parts of PART_BYTES and is assigned to nothing yet."""
    master = _new_master(filename, size_bytes, content_type, MAX_MASTER_BYTES, label=label)
    master.created_by = created_by
    try:
        master.upload_id = storage.start_parts(
            bucket=settings.R2_MASTERS_BUCKET, key=master.key, content_type=master.content_type
        )
    except storage.StorageUnavailable as error:
        raise _unavailable(error) from error
    master.save()
    return master


def _new_master(
    filename: str,
    size_bytes: int,
    content_type: str,
    largest: int,
    *,
    recording: Recording | None = None,
    release: Release | None = None,
    label: Label | None = None,
) -> Master:
    name = "".join(character for character in filename if character.isprintable()).strip()[:255]
    if not name:
        raise _invalid("/filename", "A file needs a name.")
    if size_bytes < 1:
        raise _invalid("/size", "This file is empty. Choose another one.")
    if release is not None:
        largest = MAX_COVER_BYTES
    if size_bytes > largest:
        sentence = f"This file is larger than the {largest // 1_000_000} MB that are taken."
        raise DomainError(Code.UPLOAD_TOO_LARGE, sentence, status=413)
    content_type = content_type.lower()
    if not CONTENT_TYPE.fullmatch(content_type):
        content_type = "application/octet-stream"
    uid = ids.new_uid()
    return Master(
        uid=uid,
        recording=recording,
        release=release,
        label=label,
        key=f"{uid}/original",
        filename=name,
        size=size_bytes,
        content_type=content_type,
    )


def part_count(master: Master) -> int:
    return -(-master.size // PART_BYTES)


def sign_part(*, master: Master, number: int) -> str:
    """The address that takes one part, for an hour; asking again gives another address for the same part."""
    _check_open(master)
    if not 1 <= number <= part_count(master):
        raise _invalid("number", f"This file has the parts 1 to {part_count(master)}.")
    return storage.presign_part(
        bucket=settings.R2_MASTERS_BUCKET, key=master.key, upload_id=master.upload_id, number=number
    )


def list_parts(*, master: Master) -> dict[int, str]:
    """ETags by the number of the part, of those that need not be sent again."""
    _check_open(master)
    try:
        return storage.list_parts(bucket=settings.R2_MASTERS_BUCKET, key=master.key, upload_id=master.upload_id)
    except storage.NoSuchObject:
        raise _ended() from None
    except storage.StorageUnavailable as error:
        raise _unavailable(error) from error


def complete_parts(*, master: Master, etags: Mapping[int, str]) -> Master:
    """Put the file together of its parts; a worker then looks into it. Repeating it changes nothing."""
    if master.uploaded_at is None:
        _put_together(master, etags)
    return _note_arrival(master)


def _put_together(master: Master, etags: Mapping[int, str]) -> None:
    _check_open(master)
    if set(etags) != set(range(1, part_count(master) + 1)):
        sentence = f"{len(etags)} of {part_count(master)} parts were named. Send what is missing, then complete it."
        raise DomainError(Code.UPLOAD_MISSING, sentence, status=409)
    try:
        storage.complete_parts(
            bucket=settings.R2_MASTERS_BUCKET, key=master.key, upload_id=master.upload_id, etags=etags
        )
    except storage.PartsRefused:
        sentence = "A part is missing or was damaged on its way. Send the file again."
        raise DomainError(Code.UPLOAD_MISSING, sentence, status=409) from None
    except storage.NoSuchObject:
        # Aborted, or the answer to an earlier call got lost: whether the file is there is looked at next.
        return
    except storage.StorageUnavailable as error:
        raise _unavailable(error) from error


def complete_upload(*, master_uid: uuid.UUID) -> IngestJob:
    """The job of a master whose bytes have arrived in one piece; the same one however often this is called."""
    master = Master.objects.filter(uid=master_uid).first()
    if master is None:
        raise _unknown()
    if master.upload_id:
        sentence = "This upload comes in parts. Complete it with their ETags."
        raise DomainError(Code.CONFLICT, sentence, status=409)
    return _note_arrival(master).job


def _note_arrival(master: Master) -> Master:
    if master.uploaded_at is None:
        # Asked before the lock is taken: nobody waits for R2 while holding a row.
        _check_arrived(master)
    with transaction.atomic():
        locked = Master.objects.select_for_update().filter(pk=master.pk).first()
        if locked is None:
            raise _unknown()
        at = clock.now()
        if locked.recording_id or locked.release_id:
            queue_ingest(locked)
        elif locked.uploaded_at is None:
            jobs.enqueue(INSPECT_TASK, locked.pk)
        if locked.uploaded_at is None:
            locked.uploaded_at = at
            locked.save(update_fields=["uploaded_at"])
    return locked


def queue_ingest(master: Master) -> IngestJob:
    """The job of a master that has arrived; part of the transaction of whoever assigned it."""
    job, created = IngestJob.objects.get_or_create(master=master, defaults={"nudged_at": clock.now()})
    if created:
        jobs.enqueue(RUN_TASK, job.pk)
    return job


def _check_arrived(master: Master) -> None:
    try:
        size = storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=master.key)
    except storage.NoSuchObject:
        sentence = "The file has not arrived in the store. Send it to the address that the upload was started with."
        raise DomainError(Code.UPLOAD_MISSING, sentence, status=409) from None
    except storage.StorageUnavailable as error:
        raise _unavailable(error) from error
    if size != master.size:
        sentence = f"{size} bytes arrived and {master.size} were announced. Send the file again."
        raise DomainError(Code.UPLOAD_MISSING, sentence, status=409)


def discard_upload(*, master: Master) -> None:
    """Cancel an upload, or throw away a file that nothing was made of: its bytes go first, then its row.

    Repeating it, as after a lost answer, changes nothing. Raises CONFLICT when something was made of it meanwhile.
    """
    try:
        if master.upload_id:
            storage.abort_parts(bucket=settings.R2_MASTERS_BUCKET, key=master.key, upload_id=master.upload_id)
        # The row stays locked while R2 is asked, so that nobody makes a recording of what is being deleted.
        with transaction.atomic():
            locked = Master.objects.unassigned().select_for_update().filter(pk=master.pk).first()
            if locked is None:
                _check_gone(master)
                return
            storage.delete_prefix(bucket=settings.R2_MASTERS_BUCKET, prefix=_own_files(locked))
            locked.delete()
    except storage.StorageUnavailable as error:
        raise _unavailable(error) from error


def _own_files(master: Master) -> str:
    """What begins like this goes with the master: not the artwork in its tags once that is the cover of a release."""
    is_cover = Master.objects.filter(key=artwork_key(master)).exists()
    return master.key if is_cover else f"{master.uid}/"


def artwork_key(master: Master) -> str:
    """Where the picture that was found in its tags lies."""
    return f"{master.uid}/artwork"


def _check_gone(master: Master) -> None:
    if Master.objects.filter(pk=master.pk).exists():
        raise DomainError(Code.CONFLICT, "A recording was made of this file meanwhile. Reload the page.", status=409)


def discard_abandoned_uploads() -> int:
    """Cancel what was begun and not completed within two days; returns how many.

    An upload whose row is lost, by a crash between R2 and us, is dropped by R2 itself after seven days.
    """
    begun_before = clock.now() - ABANDONED_AFTER
    abandoned = Master.objects.unassigned().filter(uploaded_at=None, created_at__lt=begun_before).order_by("created_at")
    discarded = 0
    for master in abandoned[:ABANDONED_BATCH]:
        try:
            discard_upload(master=master)
        except DomainError:
            # R2 does not answer, or somebody has completed it this moment: the next round sees.
            continue
        discarded += 1
    return discarded


def _check_open(master: Master) -> None:
    if not master.upload_id or master.uploaded_at is not None:
        raise _ended()


def _ended() -> DomainError:
    return DomainError(Code.CONFLICT, "This upload is completed or was cancelled. Add the file again.", status=409)


def _unknown() -> DomainError:
    return DomainError(Code.NOT_FOUND, "There is no such upload.", status=404)


def _unavailable(error: storage.StorageUnavailable) -> DomainError:
    sentence = "The store does not answer. Try again in a minute; the file need not be sent again."
    if isinstance(error, storage.StorageRefused):
        why = "is full" if error.is_full else "refuses us: its keys or buckets are set up wrongly"
        sentence = f"The store {why}. Tell whoever runs the service, and try again when it is mended."
    return DomainError(Code.STORAGE_UNAVAILABLE, sentence, status=503)


def _invalid(pointer: str, detail: str) -> DomainError:
    return DomainError(Code.INVALID, detail, problems=(FieldProblem(pointer, Code.INVALID, detail),))
