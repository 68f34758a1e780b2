"""Edits of playlists. Each takes the playlist's row lock first, compares the revision, and raises it once."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from billing.viewer import Viewer
from catalog.playlists import arrange
from catalog.playlists.models import Playlist, PlaylistEntry
from catalog.playlists.queries import find_tracks, track_keys_of, visible_playlists
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError, FieldProblem
from streaming.lib.jobs import enqueue

MOST_ENTRIES = 10_000
MOST_PLAYLISTS = 1_000

# The revisions that an edit was made for; None: any.
Revisions = frozenset[int] | None


class RevisionOutdated(DomainError):
    """Somebody else was quicker. Whoever answers adds what the playlist is like now."""

    def __init__(self, playlist: Playlist) -> None:
        sentence = "The playlist was changed meanwhile. Look at what it is now, and repeat the edit if it still fits."
        super().__init__(Code.REVISION_OUTDATED, sentence, status=412)
        self.playlist = playlist


@dataclass(frozen=True)
class Skipped:
    track: uuid.UUID
    reason: str


@dataclass(frozen=True)
class Added:
    revision: int
    entries: list[tuple[PlaylistEntry, uuid.UUID]]
    skipped: list[Skipped]


def not_found() -> DomainError:
    return DomainError(Code.NOT_FOUND, "There is no such playlist, or none that you may see.", status=404)


def create_playlist(*, viewer: Viewer, name: str, description: str = "", visibility: str = "private") -> Playlist:
    """Raises TOO_MANY_PLAYLISTS."""
    user_id = viewer.known_user_id
    with arrange.counting_of(user_id):
        if Playlist.objects.filter(owner_id=user_id).count() >= MOST_PLAYLISTS:
            sentence = f"You have {MOST_PLAYLISTS} playlists, which is as many as there can be. Delete one first."
            raise DomainError(Code.TOO_MANY_PLAYLISTS, sentence, status=409)
        playlist = Playlist(owner_id=user_id, name=name, description=description, visibility=visibility)
        playlist.secret = _secret_of(playlist)
        playlist.save()
    return playlist


def change_playlist(*, viewer: Viewer, uid: uuid.UUID, changes: Mapping[str, str], revisions: Revisions) -> Playlist:
    """Name, description, visibility. From the commit on nobody else finds what has become private; an unlisted one has
    a new secret each time it becomes that, so an old link opens nothing."""
    with _editing(viewer, uid, revisions) as playlist:
        for name, value in changes.items():
            setattr(playlist, name, value)
        if (playlist.secret is not None) != (playlist.visibility == Playlist.Visibility.UNLISTED):
            playlist.secret = _secret_of(playlist)
        playlist.save(update_fields=[*changes, "secret"])
        if changes.get("visibility"):
            # What became private is out of the index at once, not when beat comes round.
            enqueue("catalog.search.work_off_backlog")
    return playlist


def renew_secret(*, viewer: Viewer, uid: uuid.UUID) -> Playlist:
    """The link that there was opens nothing from the commit on."""
    with _editing(viewer, uid, None) as playlist:
        if playlist.visibility != Playlist.Visibility.UNLISTED:
            raise DomainError(Code.CONFLICT, "Only an unlisted playlist has a secret link.", status=409)
        playlist.secret = _secret_of(playlist)
        playlist.save(update_fields=["secret"])
    return playlist


def _secret_of(playlist: Playlist) -> uuid.UUID | None:
    return uuid.uuid4() if playlist.visibility == Playlist.Visibility.UNLISTED else None


def delete_playlist(*, viewer: Viewer, uid: uuid.UUID, revisions: Revisions) -> None:
    with transaction.atomic():
        lock_own(viewer, uid, revisions).delete()
        enqueue("catalog.search.work_off_backlog")


def add_tracks(
    *, viewer: Viewer, uid: uuid.UUID, tracks: Sequence[uuid.UUID], before: uuid.UUID | None, skip_present: bool,
    revisions: Revisions,
) -> Added:  # fmt: skip
    """Put them before that entry, or at the end. What can't be added is skipped with its reason, the others are in."""
    with _editing(viewer, uid, revisions) as playlist:
        keys, skipped = _choose(viewer, playlist, tracks, skip_present)
        ranks = arrange.make_room(playlist, before=before, count=len(keys))
        now = clock.now()
        entries = [
            PlaylistEntry(playlist=playlist, track_id=key, rank=rank, added_at=now)
            for key, rank in zip(keys.values(), ranks, strict=True)
        ]
        PlaylistEntry.objects.bulk_create(entries, batch_size=1_000)
    return Added(
        playlist.revision, [(entry, tracks[place]) for entry, place in zip(entries, keys, strict=True)], skipped
    )


def _choose(
    viewer: Viewer, playlist: Playlist, tracks: Sequence[uuid.UUID], skip_present: bool
) -> tuple[dict[int, int], list[Skipped]]:
    """The keys of the tracks to add, by their place in the request, and what is left out."""
    found = find_tracks(viewer, list(tracks))
    present = set(playlist.entries.filter(track__in=found.values()).values_list("track_id", flat=True))
    room = MOST_ENTRIES - playlist.entries.count()
    chosen: dict[int, int] = {}
    skipped = []
    for place, uid in enumerate(tracks):
        key = found.get(uid)
        if key is None:
            skipped.append(Skipped(uid, "NOT_FOUND"))
        elif skip_present and key in present:
            skipped.append(Skipped(uid, "ALREADY_THERE"))
        elif len(chosen) >= room:
            skipped.append(Skipped(uid, "FULL"))
        else:
            chosen[place] = key
            present.add(key)
    return chosen, skipped


def move_entries(
    *, viewer: Viewer, uid: uuid.UUID, entries: Sequence[uuid.UUID], before: uuid.UUID | None, revisions: Revisions
) -> int:
    """Put these, in this order, before that entry or at the end. The revision after it."""
    with _editing(viewer, uid, revisions) as playlist:
        moved = {entry.uid: entry for entry in playlist.entries.filter(uid__in=entries)}
        _check_known(entries, moved)
        if before in moved:
            raise _invalid("/before", "An entry can't be put before itself.")
        ranks = arrange.make_room(playlist, before=before, count=len(entries), moved=[e.pk for e in moved.values()])
        for entry_uid, rank in zip(entries, ranks, strict=True):
            moved[entry_uid].rank = rank
        PlaylistEntry.objects.bulk_update(moved.values(), ["rank"], batch_size=500)
    return playlist.revision


def remove_entries(*, viewer: Viewer, uid: uuid.UUID, entries: Sequence[uuid.UUID], revisions: Revisions) -> int:
    """What is not there is removed already. The revision after it."""
    with _editing(viewer, uid, revisions) as playlist:
        playlist.entries.filter(uid__in=entries).delete()
    return playlist.revision


def duplicate_playlist(*, viewer: Viewer, uid: uuid.UUID, secret: uuid.UUID | None, name: str | None) -> Playlist:
    """A private one of the viewer's own, with what they see on it."""
    with transaction.atomic():
        source = visible_playlists(viewer, secret).filter(uid=uid).first()
        if source is None:
            raise not_found()
        copy = create_playlist(viewer=viewer, name=name or source.name, description=source.description)
        keys, now = track_keys_of(viewer, source), clock.now()
        ranks = arrange.make_room(copy, before=None, count=len(keys))
        PlaylistEntry.objects.bulk_create(
            (
                PlaylistEntry(playlist=copy, track_id=key, rank=rank, added_at=now)
                for key, rank in zip(keys, ranks, strict=True)
            ),
            batch_size=1_000,
        )
    return copy


@contextlib.contextmanager
def _editing(viewer: Viewer, uid: uuid.UUID, revisions: Revisions) -> Iterator[Playlist]:
    """The viewer's own playlist under its lock; its revision is raised at the end."""
    with transaction.atomic():
        playlist = lock_own(viewer, uid, revisions)
        yield playlist
        arrange.raise_revision(playlist)


def lock_own(viewer: Viewer, uid: uuid.UUID, revisions: Revisions = None) -> Playlist:
    """The viewer's own playlist, locked. Raises NOT_FOUND, REVISION_OUTDATED."""
    rows = Playlist.objects.select_for_update(no_key=True)
    playlist = rows.filter(uid=uid, owner_id=viewer.known_user_id).first()
    if playlist is None:
        raise not_found()
    if revisions is not None and playlist.revision not in revisions:
        raise RevisionOutdated(playlist)
    return playlist


def _check_known(entries: Sequence[uuid.UUID], known: Mapping[uuid.UUID, PlaylistEntry]) -> None:
    problems = tuple(
        FieldProblem(f"/entries/{place}", Code.NOT_FOUND, "There is no such entry on this playlist.")
        for place, entry in enumerate(entries)
        if entry not in known
    )
    if problems:
        raise DomainError(Code.INVALID, "Some of what was sent is not valid; see errors.", problems=problems)


def _invalid(pointer: str, sentence: str) -> DomainError:
    return DomainError(Code.INVALID, sentence, problems=(FieldProblem(pointer, Code.INVALID, sentence),))
