"""The files of an asset go to R2 first; then one transaction makes them visible, or nothing does."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from catalog.ingest.claims import Heartbeat
from catalog.ingest.errors import ClaimLost, IngestError
from catalog.ingest.models import Asset, IngestJob, Rendition
from catalog.ingest.package import Package
from catalog.music.models import Recording, Release
from catalog.music.services import publish_recording
from streaming.lib import clock, storage

# What replaces what in an ad, whose next master may be of the other sort.
_PLAYED = (Asset.Quality.STANDARD, Asset.Quality.VIDEO)


def create_asset(*, job: IngestJob, token: uuid.UUID, package: Package) -> Asset:
    """The unpublished row comes before the first object, so that whatever is left behind can be found by it."""
    recording = job.master.recording
    quality = Asset.Quality.ARTWORK if recording is None else _quality_of(package)
    return Asset.objects.create(job=job, claim=token, quality=quality, recording=recording, release=job.master.release)


def _quality_of(package: Package) -> Asset.Quality:
    """What became of a recording's master. Only an ad's may be a picture: its banner."""
    if package.duration_ms is None:
        return Asset.Quality.BANNER
    return Asset.Quality.VIDEO if any(facts.width for facts in package.renditions) else Asset.Quality.STANDARD


def upload_package(*, asset: Asset, package: Package, heartbeat: Heartbeat, progress_from: int) -> None:
    """Store the files under the asset's uid. Raises StorageUnavailable, ClaimLost."""
    for index, file in enumerate(package.files):
        heartbeat.report(progress_from + (99 - progress_from) * index // len(package.files))
        storage.upload(
            bucket=settings.R2_MEDIA_BUCKET,
            key=f"{asset.uid}/{file.path.name}",
            path=file.path,
            content_type=file.content_type,
        )
    heartbeat.report(99)


@transaction.atomic
def publish_package(*, job: IngestJob, token: uuid.UUID, asset: Asset, package: Package) -> None:
    """Make the asset the current one and end the job, in one transaction.

    Raises ClaimLost when the claim is no longer alive, IngestError when a newer upload was published meanwhile; then
    nothing has changed.
    """
    at = clock.now()
    _finish_job(job, token, package, at)
    # Two masters of one recording may end at once: the second waits here and sees the first one's asset.
    if asset.recording is not None:
        Recording.objects.select_for_update(no_key=True).get(pk=asset.recording.pk)
    if asset.release is not None:
        Release.objects.select_for_update(no_key=True).get(pk=asset.release.pk)
    _replace_current(job, asset, at)
    _publish_asset(asset, package, at)
    if asset.recording is not None and package.duration_ms is not None:
        publish_recording(recording_id=asset.recording.pk, duration_ms=package.duration_ms)


def _finish_job(job: IngestJob, token: uuid.UUID, package: Package, at: datetime) -> None:
    finished = (
        IngestJob.objects.held(token, at)
        .filter(pk=job.pk)
        .update(
            state=IngestJob.State.READY,
            progress=100,
            claimed_by=None,
            claimed_until=None,
            finished_at=at,
            warning=package.warning,
        )
    )
    if not finished:
        raise ClaimLost


def _replace_current(job: IngestJob, asset: Asset, at: datetime) -> None:
    qualities = _PLAYED if asset.quality in _PLAYED else (asset.quality,)
    current = Asset.objects.current().filter(
        recording=asset.recording_id, release=asset.release_id, quality__in=qualities
    )
    if current.filter(job__master__gt=job.master_id).exists():
        raise IngestError("SUPERSEDED", "A newer upload is already published, so this one was not used.")
    current.update(replaced_at=at)


def _publish_asset(asset: Asset, package: Package, at: datetime) -> None:
    published = Asset.objects.filter(pk=asset.pk, ready_at=None).update(
        ready_at=at,
        duration_ms=package.duration_ms,
        loudness_lufs=package.loudness_lufs,
        true_peak_db=package.true_peak_db,
        color=package.color,
    )
    if not published:
        raise ClaimLost
    Rendition.objects.bulk_create(
        Rendition(
            asset=asset,
            name=facts.name,
            codec=facts.codec,
            bandwidth=facts.bandwidth,
            width=facts.width,
            height=facts.height,
            size_bytes=facts.size_bytes,
        )
        for facts in package.renditions
    )


@transaction.atomic
def discard_asset(asset: Asset) -> None:
    """Remove an asset that was never published. Raises StorageUnavailable.

    The row is locked while its objects go, so that it can't be published meanwhile; and it goes after them, as it is
    what they are found by.
    """
    if Asset.objects.select_for_update().filter(pk=asset.pk, ready_at=None).first() is None:
        return
    storage.delete_prefix(bucket=settings.R2_MEDIA_BUCKET, prefix=f"{asset.uid}/")
    Asset.objects.filter(pk=asset.pk).delete()
