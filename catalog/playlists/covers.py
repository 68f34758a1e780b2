"""Covers of playlists: the owner sends a picture straight to R2, a worker checks it and makes the sizes."""

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from billing.viewer import Viewer
from catalog.ingest.artwork import Cover, make_playlist_cover
from catalog.ingest.claims import MAX_ATTEMPTS, next_attempt
from catalog.ingest.errors import IngestError
from catalog.ingest.workspace import workspace
from catalog.playlists.models import PUT_IS_OVER_AFTER, Playlist, PlaylistCover
from catalog.playlists.services import lock_own, not_found
from streaming.lib import clock, jobs, storage
from streaming.lib.errors import Code, DomainError

MAKE_TASK = "catalog.playlists.make_cover"
MAX_BYTES = 10_000_000
CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp")
# A picture takes seconds; a worker that is silent for so long is dead.
CLAIM = timedelta(minutes=5)
BATCH = 100

CHANGED = "Another picture was sent after this one was complete. Send it again."
MISSING = "The picture is no longer in the store. Send it again."
GAVE_UP = "This picture could not be checked. Export it again as JPEG or PNG, and send that."

State = PlaylistCover.State
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CoverUpload:
    """Where to PUT the picture; exactly these headers go with it."""

    cover: PlaylistCover
    url: str
    headers: dict[str, str]


def start_cover(*, viewer: Viewer, uid: uuid.UUID, size: int, content_type: str) -> CoverUpload:
    """The address that takes one picture of this size and type. What was sent before and is not shown is forgotten."""
    with transaction.atomic():
        playlist = lock_own(viewer, uid)
        playlist.covers.exclude(state=State.READY).update(state=State.REPLACED, refusal="")
        cover = PlaylistCover.objects.create(playlist=playlist, size=size, content_type=content_type)
    url = storage.presign_put(
        bucket=settings.R2_MASTERS_BUCKET, key=_original(cover), content_type=content_type, size_bytes=size
    )
    return CoverUpload(cover, url, {"Content-Type": content_type})


def confirm_cover(*, viewer: Viewer, uid: uuid.UUID, upload: uuid.UUID) -> None:
    """It has arrived: a worker checks it. Repeating it changes nothing. Raises NOT_FOUND, UPLOAD_MISSING."""
    mine = PlaylistCover.objects.filter(playlist__uid=uid, playlist__owner_id=viewer.known_user_id, uid=upload)
    cover = mine.exclude(state=State.REPLACED).first()
    if cover is None:
        raise not_found()
    if cover.state != State.UPLOADING:
        return
    # Asked before anything is locked: nobody waits for R2 while holding a row.
    _check_arrived(cover)
    with transaction.atomic():
        if mine.filter(state=State.UPLOADING).update(state=State.CHECKING):
            jobs.enqueue(MAKE_TASK, cover.pk)


def remove_cover(*, viewer: Viewer, uid: uuid.UUID) -> None:
    """The playlist has none any more, and none that was on its way."""
    with transaction.atomic():
        lock_own(viewer, uid).covers.update(state=State.REPLACED, refusal="")


def _original(cover: PlaylistCover) -> str:
    return f"{cover.uid}/original"


def _check_arrived(cover: PlaylistCover) -> None:
    try:
        size = storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=_original(cover))
    except storage.NoSuchObject:
        sentence = "The picture has not arrived in the store. Send it to the address that the upload was started with."
        raise DomainError(Code.UPLOAD_MISSING, sentence, status=409) from None
    except storage.StorageUnavailable:
        sentence = "The store does not answer. Try again in a minute; the picture need not be sent again."
        raise DomainError(Code.STORAGE_UNAVAILABLE, sentence, status=503) from None
    if size != cover.size:
        sentence = f"{size} bytes arrived and {cover.size} were announced. Send the picture again."
        raise DomainError(Code.UPLOAD_MISSING, sentence, status=409)


# --- The worker ------------------------------------------------------------------------------------------------------
def make_cover(*, cover_id: int) -> None:
    """Check the picture and make its sizes, if nobody else does. Safe to call at any time.

    Two workers after a slow one write the same files; only a row that is still being checked is published.
    """
    at = clock.now()
    waiting = PlaylistCover.objects.claimable(at).filter(pk=cover_id)
    if not waiting.update(claimed_until=at + CLAIM, attempts=F("attempts") + 1):
        return
    cover = PlaylistCover.objects.get(pk=cover_id)
    if cover.attempts > MAX_ATTEMPTS:
        _refuse(cover, GAVE_UP)
        return
    try:
        _make(cover)
    except IngestError as error:
        _refuse(cover, error.message)
    except storage.NoSuchObject:
        _refuse(cover, MISSING)
    except storage.StorageUnavailable:
        log.warning("R2 could not be reached; the cover is tried again", extra={"cover": cover.pk})
        _still_checked(cover).update(claimed_until=next_attempt(at, cover.attempts))


def _make(cover: PlaylistCover) -> None:
    with workspace() as folder:
        source = folder / "original"
        # The address takes pictures for an hour, also after the first one was confirmed.
        if storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=_original(cover)) != cover.size:
            raise IngestError("CHANGED", CHANGED)
        storage.download(bucket=settings.R2_MASTERS_BUCKET, key=_original(cover), path=source)
        made = make_playlist_cover(source, folder)
        _store(cover, made)
    _publish(cover, made.color)


def _store(cover: PlaylistCover, made: Cover) -> None:
    for picture in made.pictures:
        key = f"{cover.uid}/{picture.path.name}"
        storage.upload(
            bucket=settings.R2_MEDIA_BUCKET, key=key, path=picture.path, content_type=f"image/{picture.codec}"
        )


def _publish(cover: PlaylistCover, color: str) -> None:
    with transaction.atomic():
        # Whoever removes it, or sends another, holds this row.
        playlist = Playlist.objects.select_for_update(no_key=True).filter(covers=cover.pk).first()
        if playlist is not None and _still_checked(cover).exists():
            playlist.covers.ready().update(state=State.REPLACED)
            _still_checked(cover).update(state=State.READY, color=color, claimed_until=None)


def _refuse(cover: PlaylistCover, sentence: str) -> None:
    _still_checked(cover).update(state=State.REFUSED, refusal=sentence, claimed_until=None)


def _still_checked(cover: PlaylistCover) -> QuerySet[PlaylistCover]:
    return PlaylistCover.objects.filter(pk=cover.pk, state=State.CHECKING)


def pick_up_covers() -> int:
    """Tell the queue about covers that wait, or whose worker died; returns how many."""
    waiting = PlaylistCover.objects.claimable(clock.now()).order_by("created_at")
    found = list(waiting.values_list("pk", flat=True)[:BATCH])
    for cover_id in found:
        jobs.enqueue(MAKE_TASK, cover_id)
    return len(found)


def discard_covers() -> int:
    """Remove the files of covers that were replaced, removed, never sent or whose playlist is gone, then their rows;
    and the originals of the others. Returns how many rows."""
    at = clock.now()
    discarded = 0
    try:
        for cover in PlaylistCover.objects.over(at).order_by("created_at")[:BATCH]:
            storage.delete_prefix(bucket=settings.R2_MEDIA_BUCKET, prefix=f"{cover.uid}/")
            storage.delete_prefix(bucket=settings.R2_MASTERS_BUCKET, prefix=f"{cover.uid}/")
            discarded += PlaylistCover.objects.filter(pk=cover.pk).delete()[0]
        checked = Q(state=State.READY) | Q(state=State.REFUSED)
        sent = PlaylistCover.objects.filter(checked, has_original=True, created_at__lt=at - PUT_IS_OVER_AFTER)
        for cover in sent.order_by("created_at")[:BATCH]:
            storage.delete_prefix(bucket=settings.R2_MASTERS_BUCKET, prefix=f"{cover.uid}/")
            PlaylistCover.objects.filter(pk=cover.pk).update(has_original=False)
    except storage.StorageUnavailable:
        log.warning("R2 does not answer; covers wait for the next round")
    return discarded
