"""Changes to the catalogue, and keeping the track records in step with them."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from catalog.music.models import Recording, Track
from catalog.music.track_record import record_key, render_record, with_record_fields
from streaming.lib import clock, records
from streaming.lib.records import UNPUSHED


def publish_recording(*, recording_id: int, duration_ms: int) -> None:
    """A first or a newer asset of the recording is published; part of the caller's transaction where there is one."""
    with transaction.atomic():
        Recording.objects.filter(pk=recording_id).update(
            duration_ms=duration_ms, ready_at=Coalesce("ready_at", clock.now())
        )
        change_tracks(recording_ids=[recording_id])


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


def push_tracks(*, track_ids: list[int] | None = None) -> int:
    """Push the records of these tracks, or of all whose push a crash left out."""
    rows = Track.objects.filter(UNPUSHED)
    if track_ids is not None:
        rows = rows.filter(pk__in=track_ids)
    return records.push_rows(with_record_fields(rows.order_by("pk"))[: records.SWEEP_BATCH], _render)


def _render(track: Track) -> tuple[str, dict[str, Any]]:
    return record_key(str(track.uid)), render_record(track)
