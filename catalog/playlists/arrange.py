"""Places on a playlist whose row is locked: room for entries, and the revision that each edit raises."""

import contextlib
import uuid
from collections.abc import Iterator, Sequence

from django.db import connection, transaction

from accounts.models import User
from catalog.playlists.models import Playlist
from catalog.playlists.rules import STEP, ranks_between
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError, FieldProblem

RENUMBER = """
    UPDATE catalog_playlistentry AS entry SET rank = numbered.place * %s
    FROM (SELECT id, row_number() OVER (ORDER BY rank) AS place FROM catalog_playlistentry WHERE playlist_id = %s)
        AS numbered
    WHERE entry.id = numbered.id
"""


@contextlib.contextmanager
def counting_of(user_id: int) -> Iterator[None]:
    """What is counted of a person in here does not change meanwhile."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("pk").get(pk=user_id)
        yield


def raise_revision(playlist: Playlist) -> None:
    """Call while holding the row's lock."""
    playlist.revision, playlist.updated_at = playlist.revision + 1, clock.now()
    playlist.save(update_fields=["revision", "updated_at"])


def make_room(playlist: Playlist, *, before: uuid.UUID | None, count: int, moved: Sequence[int] = ()) -> list[int]:
    """Ranks for so many entries in front of one, or at the end. `moved` are keys of entries that leave their places."""
    ranks = _ranks(playlist, before, count, moved)
    if ranks is None:
        with connection.cursor() as cursor:
            cursor.execute(RENUMBER, [STEP, playlist.pk])
        ranks = _ranks(playlist, before, count, moved)
    if ranks is None:
        # Between two neighbours there is room for far more entries than a playlist may have.
        raise RuntimeError(f"No room on playlist {playlist.pk}, which was just numbered anew.")
    return ranks


def _ranks(playlist: Playlist, before: uuid.UUID | None, count: int, moved: Sequence[int]) -> list[int] | None:
    others = playlist.entries.exclude(pk__in=moved)
    above: int | None = None
    if before is not None:
        above = others.filter(uid=before).values_list("rank", flat=True).first()
        if above is None:
            problem = FieldProblem("/before", Code.NOT_FOUND, "There is no such entry on this playlist.")
            raise DomainError(Code.INVALID, "Some of what was sent is not valid; see errors.", problems=(problem,))
        others = others.filter(rank__lt=above)
    below = others.order_by("-rank").values_list("rank", flat=True).first()
    return ranks_between(below, above, count)
