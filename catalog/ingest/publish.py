"""The files of a job's assets go to R2 first; then one transaction makes all of them visible, or none."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from catalog.ingest.claims import Heartbeat
from catalog.ingest.errors import ClaimLost, IngestError
from catalog.ingest.models import Asset, IngestJob, Rendition
from catalog.ingest.package import Package, Packages, RenditionFacts
from catalog.ingest.rules import PLAYED
from catalog.music.models import Recording, Release
from catalog.music.services import change_tracks, publish_recording
from streaming.lib import clock, storage

Quality = Asset.Quality

# What is made of one master and replaced by the next, whatever is made of that: an ad's may be of the other sort, and
# what is missing in the new one must not stay the old sound.
_OF_A_MASTER = (Quality.PREVIEW, Quality.STANDARD, Quality.HIGH, Quality.VIDEO, Quality.POSTER)


def adopt_stored(*, job: IngestJob, token: uuid.UUID) -> set[str]:
    """Take over what an earlier attempt had stored whole; the qualities that need not be made again."""
    Asset.objects.stored().filter(job=job).update(claim=token)
    return set(Asset.objects.stored().filter(job=job, claim=token).values_list("quality", flat=True))


def store_packages(*, job: IngestJob, token: uuid.UUID, packages: Packages, heartbeat: Heartbeat) -> None:
    """Store the files of each asset under its uid. Raises StorageUnavailable, ClaimLost; what is whole then stays."""
    total = sum(len(package.files) for package in packages.assets)
    done = 0
    for package in packages.assets:
        # The unpublished row comes before the first object, so that whatever is left behind can be found by it.
        asset = Asset.objects.create(
            job=job,
            claim=token,
            quality=package.quality,
            recording=job.master.recording,
            release=job.master.release,
        )
        for file in package.files:
            heartbeat.report(done * 100 // total)
            key = f"{asset.uid}/{file.path.name}"
            storage.upload(bucket=settings.R2_MEDIA_BUCKET, key=key, path=file.path, content_type=file.content_type)
            done += 1
        _note_stored(job, token, asset, package, packages)


@transaction.atomic
def _note_stored(job: IngestJob, token: uuid.UUID, asset: Asset, package: Package, packages: Packages) -> None:
    """Whoever takes the job over adopts what is noted here; the lock orders the two, so that it is not made twice."""
    at = clock.now()
    if IngestJob.objects.held(token, at).select_for_update().filter(pk=job.pk).first() is None:
        raise ClaimLost
    Asset.objects.filter(pk=asset.pk).update(
        stored_at=at,
        duration_ms=packages.duration_ms,
        loudness_lufs=packages.loudness_lufs,
        true_peak_db=packages.true_peak_db,
        color=package.color,
    )
    Rendition.objects.bulk_create(_rendition(asset, facts) for facts in package.renditions)


def _rendition(asset: Asset, facts: RenditionFacts) -> Rendition:
    return Rendition(
        asset=asset,
        name=facts.name,
        codec=facts.codec,
        bandwidth=facts.bandwidth,
        width=facts.width,
        height=facts.height,
        size_bytes=facts.size_bytes,
        encoder_delay=facts.encoder_delay,
        padding=facts.padding,
    )


@transaction.atomic
def publish_assets(*, job: IngestJob, token: uuid.UUID) -> None:
    """Make what is stored the current assets and end the job, in one transaction.

    Raises ClaimLost when the claim is no longer alive, IngestError when a newer upload was published meanwhile; then
    nothing has changed.
    """
    at = clock.now()
    _finish_job(job, token, at)
    # Two masters of one recording may end at once: the second waits here and sees the first one's assets.
    if job.master.recording is not None:
        Recording.objects.select_for_update(no_key=True).get(pk=job.master.recording.pk)
    if job.master.release is not None:
        Release.objects.select_for_update(no_key=True).get(pk=job.master.release.pk)
    assets = list(Asset.objects.stored().filter(job=job, claim=token))
    _replace_current(job, assets, at)
    published = Asset.objects.stored().filter(pk__in=[asset.pk for asset in assets]).update(ready_at=at)
    # A job that was done once may find that no more can be made of its master.
    if published != len(assets) or not Asset.objects.current().filter(job=job).exists():
        raise ClaimLost
    _tell(job, assets)


def _tell(job: IngestJob, assets: Sequence[Asset]) -> None:
    played = [asset for asset in assets if asset.quality in PLAYED]
    if not played and job.master.recording is not None:
        change_tracks(recording_ids=[job.master.recording.pk])
    for asset in played:
        if asset.recording is not None and asset.duration_ms is not None:
            publish_recording(
                recording_id=asset.recording.pk,
                duration_ms=asset.duration_ms,
                loudness_lufs=asset.loudness_lufs,
                true_peak_db=asset.true_peak_db,
            )


def _finish_job(job: IngestJob, token: uuid.UUID, at: datetime) -> None:
    finished = (
        IngestJob.objects.held(token, at)
        .filter(pk=job.pk)
        .update(state=IngestJob.State.READY, progress=100, claimed_by=None, claimed_until=None, finished_at=at)
    )
    if not finished:
        raise ClaimLost


def _replace_current(job: IngestJob, assets: Sequence[Asset], at: datetime) -> None:
    qualities = {asset.quality for asset in assets}
    if qualities & set(_OF_A_MASTER):
        qualities |= set(_OF_A_MASTER)
    current = Asset.objects.current().filter(
        recording=job.master.recording, release=job.master.release, quality__in=qualities
    )
    if current.filter(job__master__gt=job.master_id).exists():
        raise IngestError("SUPERSEDED", "A newer upload is already published, so this one was not used.")
    # What is missing may be made long after the rest, which stays.
    current.filter(~Q(job=job) | Q(quality__in=[asset.quality for asset in assets])).update(replaced_at=at)


def discard_claimed(*, job: IngestJob, token: uuid.UUID, whole_too: bool) -> None:
    """Remove what this claim leaves behind: half-stored assets, and `whole_too` those that another attempt could use.

    Raises StorageUnavailable.
    """
    left = Asset.objects.filter(job=job, claim=token, ready_at=None)
    for asset in left if whole_too else left.filter(stored_at=None):
        with transaction.atomic():
            # Under the lock: another claim may just have adopted it.
            if left.select_for_update().filter(pk=asset.pk).first() is not None:
                _discard(asset)


@transaction.atomic
def discard_abandoned(asset: Asset) -> bool:
    """Remove an asset that nobody publishes any more; False when somebody does after all. Raises StorageUnavailable."""
    if Asset.objects.select_for_update().filter(pk=asset.pk, ready_at=None).first() is None:
        return False
    # Asked again under the lock, by a statement that sees who adopted it while this one waited.
    if not Asset.objects.abandoned(clock.now()).filter(pk=asset.pk).exists():
        return False
    _discard(asset)
    return True


def _discard(asset: Asset) -> None:
    """The row is locked while its objects go, so that it can't be published meanwhile; and it goes after them, as it is
    what they are found by."""
    storage.delete_prefix(bucket=settings.R2_MEDIA_BUCKET, prefix=f"{asset.uid}/")
    Asset.objects.filter(pk=asset.pk).delete()
