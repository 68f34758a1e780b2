"""A worker looks into an uploaded file that is not assigned yet: its checksum, and what its tags propose."""

import hashlib
import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from catalog.ingest import tags
from catalog.ingest.errors import is_full
from catalog.ingest.models import Master
from catalog.ingest.readers import read
from catalog.ingest.uploads import INSPECT_TASK, artwork_key
from catalog.ingest.workspace import workspace
from catalog.music.validators import validate_isrc, validate_upc
from streaming.lib import clock, jobs, storage

log = logging.getLogger(__name__)

# A file that stops the worker each time is then left to the editor without its tags.
MAX_INSPECTIONS = 4
PICK_UP_AFTER = timedelta(minutes=1)
PICK_UP_BATCH = 100

GAVE_UP = (
    "The tags of this file can’t be read. Enter the data by hand; whether the sound is whole, the ingest finds out."
)
_NUMBERED = re.compile(r"(?:(?P<disc>\d)[-.](?=\d))?(?P<number>\d{1,3})(?:\s*[-._]\s*|\s+)(?P<rest>\S.*)", re.DOTALL)


def inspect_master(*, master_id: int) -> None:
    """Write down checksum and proposals, once. Safe to call at any time; two at once write the same."""
    # Counted before the work: a worker that is killed over it has counted.
    if not Master.objects.uninspected().filter(pk=master_id).update(inspections=F("inspections") + 1):
        return
    master = Master.objects.get(pk=master_id)
    if master.inspections > MAX_INSPECTIONS:
        _note(master, "", {**from_filename(master.filename), "note": GAVE_UP})
        return
    try:
        with workspace() as folder:
            source = folder / "master"
            storage.download(bucket=settings.R2_MASTERS_BUCKET, key=master.key, path=source)
            proposals = propose(master.filename, source, folder / "cover")
            if (folder / "cover").exists():
                proposals["artwork"] = _keep_cover(master, folder / "cover")
            _note(master, checksum(source), proposals)
    except storage.StorageUnavailable:
        _put_off(master, "R2 could not be reached")
    except OSError as error:
        if not is_full(error):
            raise
        _put_off(master, "the worker's disk is full")
    except storage.NoSuchObject:
        sentence = "The uploaded file is no longer in the store. Remove it here and upload it again."
        _note(master, "", {**from_filename(master.filename), "note": sentence})


def _put_off(master: Master, reason: str) -> None:
    """Not the file's fault: this time does not count, and beat asks again."""
    Master.objects.filter(pk=master.pk).update(inspections=F("inspections") - 1)
    log.warning("%s; the file is looked into later", reason, extra={"master": str(master.uid)})


def _note(master: Master, sha256: str, proposals: dict[str, Any]) -> None:
    Master.objects.uninspected().filter(pk=master.pk).update(
        sha256=sha256, proposals=proposals, inspected_at=clock.now()
    )


def checksum(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def note_checksum(*, master: Master, path: Path) -> None:
    """The checksum of a master that was uploaded for its recording, from the copy that the ingest works on."""
    Master.objects.filter(pk=master.pk, sha256="").update(sha256=checksum(path))


def propose(filename: str, source: Path, cover: Path) -> dict[str, Any]:
    """What the tags say, and where they are silent the file's name. Codes that can't be right are named in the note."""
    found = _tags_of(source, cover)
    if found is None:
        return {**from_filename(filename), "note": GAVE_UP}
    notes = []
    for field, validate, name in (("isrc", validate_isrc, "ISRC"), ("upc", validate_upc, "UPC")):
        code = re.sub(r"[\s-]", "", found.pop(field, "")).upper()
        try:
            if code:
                validate(code)
                found[field] = code
        except ValidationError:
            notes.append(f"The {name} in the tags, “{code[:20]}”, is not valid and was left out.")
    guessed = from_filename(filename)
    if "title" in found:
        # Only where the tags have no title is “Name - Title” in a file's name an artist.
        guessed.pop("artists", None)
    return {**guessed, **{name: value for name, value in found.items() if value}, "note": " ".join(notes)}


def _tags_of(source: Path, cover: Path) -> dict[str, Any] | None:
    _, found = read("catalog.ingest.tags", source, cover.name, file_bytes=tags.MAX_COVER_BYTES)
    return found if isinstance(found, dict) else None


def from_filename(filename: str) -> dict[str, Any]:
    """“1-02 Artist - Title.flac” as disc, number, artist and title, as far as the name has them."""
    stem = tags.clean(Path(filename).stem.replace("_", " "))
    found: dict[str, Any] = {}
    numbered = _NUMBERED.fullmatch(stem)
    if numbered:
        found["number"] = int(numbered["number"]) or None
        found["disc"] = int(numbered["disc"] or 0) or None
        stem = numbered["rest"]
    artist, dash, title = stem.partition(" - ")
    if dash and title.strip():
        found["artists"] = [artist.strip()]
        stem = title.strip()
    return {name: value for name, value in {**found, "title": stem}.items() if value}


def _keep_cover(master: Master, cover: Path) -> dict[str, Any]:
    """Store the picture beside the master: {"key", "content_type", "size"}."""
    with cover.open("rb") as file:
        content_type = tags.picture_type(file.read(12)) or "application/octet-stream"
    key = artwork_key(master)
    storage.upload(bucket=settings.R2_MASTERS_BUCKET, key=key, path=cover, content_type=content_type)
    return {"key": key, "content_type": content_type, "size": cover.stat().st_size}


@transaction.atomic
def pick_up_inspections() -> int:
    """Tell the queue about files that nobody has looked into for a minute; returns how many."""
    before = clock.now() - PICK_UP_AFTER
    found = Master.objects.uninspected().filter(uploaded_at__lt=before).order_by("pk")
    master_ids = list(found.values_list("pk", flat=True)[:PICK_UP_BATCH])
    for master_id in master_ids:
        jobs.enqueue(INSPECT_TASK, master_id)
    return len(master_ids)
