"""Changes to the catalogue, and keeping the track records in step with them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from catalog.music.models import Recording, Release, Track
from catalog.music.rules import Measured, loudness_together
from catalog.music.track_record import record_key, render_record, with_record_fields
from streaming.lib import clock, records
from streaming.lib.records import UNPUSHED

MEASURED_BATCH = 500


def publish_recording(
    *,
    recording_id: int,
    duration_ms: int,
    loudness_lufs: float | None = None,
    true_peak_db: float | None = None,
) -> None:
    """A first or a newer asset of the recording is published; part of the caller's transaction where there is one."""
    with transaction.atomic():
        Recording.objects.filter(pk=recording_id).update(
            duration_ms=duration_ms,
            loudness_lufs=loudness_lufs,
            true_peak_db=true_peak_db,
            ready_at=Coalesce("ready_at", clock.now()),
        )
        louder = measure_releases(Release.objects.filter(tracks__recording=recording_id))
        change_tracks(recording_ids=[recording_id], release_ids=louder)


@contextmanager
def arranging(*, release_ids: Iterable[int]) -> Iterator[None]:
    """Around a change of what is on these releases. Afterwards they are measured, and the records of their tracks say
    what there is now; a release that a track leaves must be named like the one it goes to."""
    wanted = set(release_ids)
    with transaction.atomic():
        # Before any track is: publishing locks in this order, too, and the two wait for each other.
        _lock(Release.objects.filter(pk__in=wanted))
        yield
        measure_releases(Release.objects.filter(pk__in=wanted))
        change_tracks(release_ids=wanted)


@transaction.atomic
def measure_releases(releases: QuerySet[Release]) -> list[int]:
    """Write down how loud each of these releases is as a whole, from its tracks that are ready; those that changed."""
    # Two recordings of an album may be published at once: the second waits here and then sees the first.
    locked = _lock(releases)
    heard = _heard_on(locked)
    changed = []
    for release in locked:
        together = loudness_together(heard[release.pk])
        if together != (release.loudness_lufs, release.true_peak_db):
            release.loudness_lufs, release.true_peak_db = together
            changed.append(release)
    Release.objects.bulk_update(changed, ["loudness_lufs", "true_peak_db"], batch_size=MEASURED_BATCH)
    return [release.pk for release in changed]


def _lock(releases: QuerySet[Release]) -> list[Release]:
    rows = Release.objects.filter(pk__in=releases.values("pk")).order_by("pk")
    return list(rows.only("loudness_lufs", "true_peak_db").select_for_update(no_key=True))


def _heard_on(releases: Iterable[Release]) -> dict[int, list[Measured]]:
    """By the release's key."""
    ready = Track.objects.filter(release__in=list(releases), recording__ready_at__isnull=False)
    found: dict[int, list[Measured]] = defaultdict(list)
    for release_id, lufs, peak_db, length_ms in ready.values_list(
        "release_id", "recording__loudness_lufs", "recording__true_peak_db", "recording__duration_ms"
    ):
        # Silence has no loudness, and what was ready before it was measured here has none yet.
        if lufs is not None and peak_db is not None and length_ms is not None:
            found[release_id].append(Measured(lufs, peak_db, length_ms))
    return found


def change_tracks(
    *, recording_ids: Iterable[int] = (), release_ids: Iterable[int] = (), track_ids: Iterable[int] = ()
) -> None:
    """Raise the record version of the tracks; belongs into the transaction that changed what their records say."""
    named = Q(recording_id__in=recording_ids) | Q(release_id__in=release_ids) | Q(pk__in=track_ids)
    affected = Track.objects.filter(named)
    with transaction.atomic():
        # Rows are locked in one order, so that two changes at once wait for each other and don't deadlock.
        locked = list(affected.order_by("pk").select_for_update().values_list("pk", flat=True))
        if not locked:
            return
        Track.objects.filter(pk__in=locked).update(record_version=F("record_version") + 1)
        transaction.on_commit(lambda: push_tracks(track_ids=locked), robust=True)


# Above every number that a track may have.
ASIDE = 1_000


def make_room(*, track_ids: Iterable[int]) -> None:
    """Move tracks out of the way before they get other places of their release: two that swap would meet otherwise."""
    Track.objects.filter(pk__in=list(track_ids), number__lt=ASIDE).update(number=F("number") + ASIDE)


def push_tracks(*, track_ids: list[int] | None = None) -> int:
    """Push the records of these tracks, or of all whose push a crash left out."""
    rows = Track.objects.filter(UNPUSHED)
    if track_ids is not None:
        rows = rows.filter(pk__in=track_ids)
    return records.push_rows(with_record_fields(rows.order_by("pk"))[: records.SWEEP_BATCH], _render)


def _render(track: Track) -> tuple[str, dict[str, Any]]:
    return record_key(str(track.uid)), render_record(track)
