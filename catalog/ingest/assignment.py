"""What becomes of uploaded files: recordings, tracks on a draft, a cover. Nothing is published by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Lower

from accounts.models import User
from catalog.ingest.models import Master
from catalog.ingest.uploads import discard_upload, queue_ingest
from catalog.music.models import Artist, Label, Recording, RecordingCredit, Release, ReleaseCredit, Track
from catalog.music.scope import scoped
from catalog.music.services import arranging
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError

# A release of so many tracks at most is proposed as a single or an EP.
SINGLE_TRACKS, EP_TRACKS = 3, 6


class Use(StrEnum):
    """What to do with a file. The last two name a recording that exists."""

    NEW = "new"
    KEEP = "keep"
    REPLACE = "replace"


@dataclass(frozen=True)
class Decision:
    """About one file. For KEEP and REPLACE only the recording and the place count."""

    master_id: int
    use: Use = Use.NEW
    recording_id: int = 0
    title: str = ""
    version_title: str = ""
    kind: str = Recording.Kind.AUDIO
    isrc: str = ""
    explicit: bool = False
    artists: tuple[str, ...] = ()
    featured: tuple[str, ...] = ()
    disc: int = 1
    number: int | None = None


@dataclass(frozen=True)
class NewRelease:
    title: str
    artists: tuple[str, ...]
    upc: str = ""
    cover: bool = False


@dataclass(frozen=True)
class Assigned:
    recordings: list[Recording]
    release: Release | None


def assign_files(
    *,
    label: Label,
    decisions: Sequence[Decision],
    release: Release | NewRelease | None = None,
    created_by: User | None = None,
) -> Assigned:
    """Make recordings of a label's files, and tracks where a draft is named or a new one is wanted. All or nothing.

    A file whose recording keeps its sound is thrown away. Raises CONFLICT when somebody was faster.
    """
    try:
        with transaction.atomic():
            masters = _lock(label, decisions)
            assigned = _assign(label, decisions, masters, release, created_by)
    except IntegrityError as error:
        raise _conflict("An ISRC, a UPC or a place on the release was taken this moment.") from error
    for decision in decisions:
        if decision.use == Use.KEEP:
            discard_upload(master=masters[decision.master_id])
    return assigned


def _lock(label: Label, decisions: Sequence[Decision]) -> dict[int, Master]:
    """In one order, so that two people with the same files wait for each other."""
    wanted = [decision.master_id for decision in decisions]
    rows = Master.objects.unassigned().filter(label=label, inspected_at__isnull=False, pk__in=wanted)
    masters = {master.pk: master for master in rows.order_by("pk").select_for_update()}
    if len(masters) != len(wanted):
        raise _conflict("Some of these files were used or removed meanwhile.")
    return masters


def _assign(
    label: Label,
    decisions: Sequence[Decision],
    masters: dict[int, Master],
    release: Release | NewRelease | None,
    created_by: User | None,
) -> Assigned:
    artists = _artists(label, decisions, release, created_by)
    recordings = [_recording_of(label, decision, masters[decision.master_id], artists) for decision in decisions]
    if release is None:
        return Assigned(recordings, None)
    if isinstance(release, NewRelease):
        placed = _create_release(label, release, artists, len(decisions))
        if release.cover:
            _use_artwork(placed, masters.values(), created_by)
    else:
        placed = _lock_draft(release)
    _place(placed, decisions, recordings)
    return Assigned(recordings, placed)


def _artists(
    label: Label, decisions: Sequence[Decision], release: Release | NewRelease | None, created_by: User | None
) -> dict[str, Artist]:
    """By lower-case name: the label's own artist of that name, else anybody's whom the user may see, else a new one of
    the label's."""
    names = [
        name for decision in decisions if decision.use == Use.NEW for name in (*decision.artists, *decision.featured)
    ]
    names += release.artists if isinstance(release, NewRelease) else ()
    wanted = {name.lower(): name for name in reversed(names)}
    rows = Artist.objects.annotate(lower=Lower("name")).filter(lower__in=wanted)
    if created_by is not None:
        rows = scoped(created_by, rows)
    found: dict[str, Artist] = {}
    for artist in sorted(rows, key=lambda artist: (artist.label_id != label.pk, artist.pk)):
        found.setdefault(artist.name.lower(), artist)
    for lower, name in wanted.items():
        if lower not in found:
            found[lower] = Artist.objects.create(name=name, label=label)
    return found


def _recording_of(label: Label, decision: Decision, master: Master, artists: dict[str, Artist]) -> Recording:
    if decision.use == Use.NEW:
        recording = _create_recording(label, decision, artists)
    else:
        recording = Recording.objects.get(pk=decision.recording_id)
    if decision.use != Use.KEEP:
        master.recording, master.label = recording, None
        master.save(update_fields=["recording", "label"])
        queue_ingest(master)
    return recording


def _create_recording(label: Label, decision: Decision, artists: dict[str, Artist]) -> Recording:
    recording = Recording.objects.create(
        label=label,
        kind=decision.kind,
        title=decision.title,
        version_title=decision.version_title,
        isrc=decision.isrc or None,
        explicit=decision.explicit,
    )
    roles = [
        *((name, RecordingCredit.Role.MAIN) for name in decision.artists),
        *((name, RecordingCredit.Role.FEATURED) for name in decision.featured),
    ]
    RecordingCredit.objects.bulk_create(
        RecordingCredit(recording=recording, artist=artists[name.lower()], role=role, position=position)
        for position, (name, role) in enumerate(roles)
    )
    return recording


def _create_release(label: Label, wanted: NewRelease, artists: dict[str, Artist], tracks: int) -> Release:
    kinds = Release.Kind
    kind = kinds.SINGLE if tracks <= SINGLE_TRACKS else kinds.EP if tracks <= EP_TRACKS else kinds.ALBUM
    release = Release.objects.create(label=label, title=wanted.title, upc=wanted.upc or None, kind=kind)
    ReleaseCredit.objects.bulk_create(
        ReleaseCredit(release=release, artist=artists[name.lower()], position=position)
        for position, name in enumerate(wanted.artists)
    )
    return release


def _lock_draft(release: Release) -> Release:
    locked = Release.objects.select_for_update().get(pk=release.pk)
    if locked.announced_at is not None:
        raise _conflict("The release was announced meanwhile: add tracks to it on its own page.")
    return locked


def _place(release: Release, decisions: Iterable[Decision], recordings: Iterable[Recording]) -> None:
    """Tracks in the places that were given; without a number, after the last of the disc."""
    taken = release.tracks.values("disc").annotate(last=Max("number"))
    last: dict[int, int] = {row["disc"]: row["last"] for row in taken}
    for decision in decisions:
        last[decision.disc] = max(last.get(decision.disc, 0), decision.number or 0)
    with arranging(release_ids=[release.pk]):
        for decision, recording in zip(decisions, recordings, strict=True):
            number = decision.number
            if number is None:
                number = last[decision.disc] = last[decision.disc] + 1
            Track.objects.create(release=release, recording=recording, disc=decision.disc, number=number)


def _use_artwork(release: Release, masters: Iterable[Master], created_by: User | None) -> None:
    """The first picture that was found in a file becomes the cover; its bytes stay where they are."""
    artwork: dict[str, Any] | None = next(filter(None, (master.proposals.get("artwork") for master in masters)), None)
    if artwork is None:
        return
    cover = Master.objects.create(
        release=release,
        key=artwork["key"],
        filename="Artwork in the tags",
        size=artwork["size"],
        content_type=artwork["content_type"],
        created_by=created_by,
        uploaded_at=clock.now(),
    )
    queue_ingest(cover)


def _conflict(what: str) -> DomainError:
    return DomainError(Code.CONFLICT, f"{what} Reload the page and look again.", status=409)
