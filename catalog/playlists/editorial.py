"""What editors do with playlists that have no owner. The form that they sent has locked the row already."""

from collections.abc import Collection, Sequence

from django.db import transaction

from catalog.playlists import arrange
from catalog.playlists.models import Playlist, PlaylistEntry


@transaction.atomic
def keep_playlist(*, playlist: Playlist, changed: Sequence[str]) -> None:
    """A new one, or what was changed of one. Call while holding the row's lock; its revision is raised once."""
    if playlist.pk is None:
        playlist.save()
        return
    playlist.save(update_fields=list(changed))
    arrange.raise_revision(playlist)


@transaction.atomic
def arrange_entries(*, playlist: Playlist, entries: Sequence[PlaylistEntry], removed: Collection[int]) -> None:
    """Put what is on it, and what is new, into this order. Call while holding the row's lock.

    What somebody else added since the page was opened is not among `entries`: it stays behind what it comes after.
    """
    playlist.entries.filter(pk__in=removed).delete()
    there = list(playlist.entries.all())
    wanted = _with_unseen(entries, there)
    if [entry.pk for entry in wanted] == [entry.pk for entry in there]:
        return
    keys = [entry.pk for entry in there]
    for entry, rank in zip(
        wanted, arrange.make_room(playlist, before=None, count=len(wanted), moved=keys), strict=True
    ):
        entry.rank = rank
    PlaylistEntry.objects.bulk_update([entry for entry in wanted if entry.pk], ["rank"], batch_size=500)
    PlaylistEntry.objects.bulk_create(entry for entry in wanted if not entry.pk)


def _with_unseen(entries: Sequence[PlaylistEntry], there: Sequence[PlaylistEntry]) -> list[PlaylistEntry]:
    wanted = list(entries)
    seen = {entry.pk for entry in entries}
    for before, entry in zip([None, *there], there, strict=False):
        if entry.pk not in seen:
            wanted.insert(wanted.index(before) + 1 if before else 0, entry)
    return wanted
