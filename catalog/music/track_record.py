"""The track record in Redis: all that a play ticket needs to know of a track, so that a ticket runs no SQL."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet

from catalog.ingest.models import Asset
from catalog.music.models import RecordingCredit, Track
from catalog.music.rules import playback_gain_db
from streaming.lib import records

_FIELDS = frozenset({"recording", "kind", "explicit", "ready", "artists", "duration_ms", "assets"})


def record_key(track_uid: str) -> str:
    return f"track:{track_uid}"


def with_record_fields(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """Three queries for any number of tracks."""
    mains = RecordingCredit.objects.filter(role=RecordingCredit.Role.MAIN).select_related("artist")
    return tracks.select_related("recording").prefetch_related(
        Prefetch("recording__credits", queryset=mains, to_attr="main_credits"),
        Prefetch("recording__assets", queryset=Asset.objects.current(), to_attr="current_assets"),
    )


def render_record(track: Track) -> dict[str, Any]:
    """{"recording", "kind", "explicit", "ready", "artists", "duration_ms", "assets": {quality: {"uid", "gain_db"}}}."""
    recording: Any = track.recording
    return {
        "recording": str(recording.uid),
        "kind": recording.kind,
        "explicit": recording.explicit,
        "ready": recording.ready_at is not None,
        "artists": [str(credit.artist.uid) for credit in recording.main_credits],
        "duration_ms": recording.duration_ms,
        "assets": {asset.quality: _asset(asset) for asset in recording.current_assets},
    }


def parse_record(raw: bytes | None) -> dict[str, Any] | None:
    """The record's body; None when SQL must answer: there is no record, or another release of ours wrote it."""
    return records.parse(raw, fields=_FIELDS)


def _asset(asset: Asset) -> dict[str, Any]:
    gain = playback_gain_db(loudness_lufs=asset.loudness_lufs, true_peak_db=asset.true_peak_db)
    return {"uid": str(asset.uid), "gain_db": gain}


def read_from_sql(track_uids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The records of these tracks from SQL, by uid, put back into Redis on the way; unknown tracks are left out."""
    found = {}
    # The version is read with the row, before the prefetches: a change in between makes a record newer than it says.
    for track in with_record_fields(Track.objects.filter(uid__in=list(track_uids))):
        body = render_record(track)
        records.fill(record_key(str(track.uid)), track.record_version, body)
        found[str(track.uid)] = body
    return found
