"""The track record in Redis: all that a play ticket needs to know of a track, so that a ticket runs no SQL."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet

from catalog.ingest.models import Asset
from catalog.music.models import RecordingCredit, Release, Track
from catalog.music.rules import playback_gain_db
from catalog.rights.queries import rights_annotations
from catalog.rights.rules import Facts, parse_terms
from streaming.lib import records

_FIELDS = frozenset(
    {
        "recording", "kind", "explicit", "ready", "artists", "duration_ms", "assets", "album_gain_db",
        "announced_at", "released_on", "rules", "taken_down_at",
    }
)  # fmt: skip


def record_key(track_uid: str) -> str:
    return f"track:{track_uid}"


def with_record_fields(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """Three queries for any number of tracks."""
    mains = RecordingCredit.objects.filter(role=RecordingCredit.Role.MAIN).select_related("artist")
    return (
        tracks.select_related("recording", "release")
        .annotate(**rights_annotations())
        .prefetch_related(
            Prefetch("recording__credits", queryset=mains, to_attr="main_credits"),
            Prefetch("recording__assets", queryset=Asset.objects.current(), to_attr="current_assets"),
        )
    )


def render_record(track: Any) -> dict[str, Any]:
    """What a ticket says of the recording, its assets as {quality: {"uid", "gain_db", "duration_ms"}}, and the facts
    that decide whether it may be played."""
    recording, release = track.recording, track.release
    return {
        "recording": str(recording.uid),
        "kind": recording.kind,
        "explicit": recording.explicit,
        "ready": recording.ready_at is not None,
        "artists": [str(credit.artist.uid) for credit in recording.main_credits],
        "duration_ms": recording.duration_ms,
        "assets": {asset.quality: _asset(asset) for asset in recording.current_assets},
        "album_gain_db": _album_gain(release),
        "announced_at": release.announced_at,
        "released_on": release.released_on,
        "rules": track.rules_in_force,
        "taken_down_at": track.taken_down_at,
    }


def facts_of(record: dict[str, Any]) -> Facts:
    """`ready` means what it does in SQL: a first asset was published."""
    return Facts(
        kind=record["kind"],
        is_ready=record["ready"],
        explicit=record["explicit"],
        announced_at=_moment(record["announced_at"]),
        released_on=date.fromisoformat(str(record["released_on"])),
        rules=tuple(map(parse_terms, record["rules"])),
        taken_down_at=_moment(record["taken_down_at"]),
    )


def _album_gain(release: Release) -> float | None:
    """None until the release was measured."""
    if release.loudness_lufs is None:
        return None
    return playback_gain_db(loudness_lufs=release.loudness_lufs, true_peak_db=release.true_peak_db)


def _moment(value: datetime | str | None) -> datetime | None:
    """As it is in a record from Redis, or in one that SQL has just made."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def parse_record(raw: bytes | None) -> dict[str, Any] | None:
    """The record's body; None when SQL must answer: there is no record, or another release of ours wrote it."""
    return records.parse(raw, fields=_FIELDS)


def _asset(asset: Asset) -> dict[str, Any]:
    gain = playback_gain_db(loudness_lufs=asset.loudness_lufs, true_peak_db=asset.true_peak_db)
    return {"uid": str(asset.uid), "gain_db": gain, "duration_ms": asset.duration_ms}


def read_from_sql(track_uids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The records of these tracks from SQL, by uid, put back into Redis on the way; unknown tracks are left out."""
    found = {}
    # The version is read with the row, before the prefetches: a change in between makes a record newer than it says.
    for track in with_record_fields(Track.objects.filter(uid__in=list(track_uids))):
        body = render_record(track)
        records.fill(record_key(str(track.uid)), track.record_version, body)
        found[str(track.uid)] = body
    return found
