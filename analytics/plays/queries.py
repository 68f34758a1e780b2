import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from catalog.music.models import Artist, Recording, Track
from playback.tickets import Ticket


@dataclass(frozen=True)
class CountedKeys:
    """The keys of what tickets name by uid. What is no longer in the catalogue is absent."""

    tracks: dict[uuid.UUID, int]
    recordings: dict[uuid.UUID, int]
    artists: dict[uuid.UUID, int]

    def has(self, ticket: Ticket) -> bool:
        return ticket.track_uid in self.tracks and ticket.recording_uid in self.recordings

    def artist_ids(self, ticket: Ticket) -> list[int]:
        """Each main artist once, in the ticket's order."""
        return [self.artists[uid] for uid in dict.fromkeys(ticket.artist_uids) if uid in self.artists]


def counted_keys(tickets: Iterable[Ticket]) -> CountedKeys:
    """Three queries for any number of tickets. Recording and artists are the ticket's: as they were played."""
    tickets = list(tickets)
    tracks = Track.objects.filter(uid__in={ticket.track_uid for ticket in tickets})
    recordings = Recording.objects.filter(uid__in={ticket.recording_uid for ticket in tickets})
    artists = Artist.objects.filter(uid__in={uid for ticket in tickets for uid in ticket.artist_uids})
    return CountedKeys(
        tracks=dict(tracks.values_list("uid", "pk")),
        recordings=dict(recordings.values_list("uid", "pk")),
        artists=dict(artists.values_list("uid", "pk")),
    )


def attached_partitions() -> set[str]:
    """The names of the partitions that the ledger has now; an archived one is detached."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            " WHERE inhparent = 'analytics_play'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def existing_tables(names: Sequence[str]) -> set[str]:
    """Those of the names that are tables, attached to the ledger or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s)",
            [list(names)],
        )
        return {name for (name,) in cursor.fetchall()}
