"""Reads of playlists. Entries whose tracks do not exist for the viewer are left out, and are in no count."""

import uuid

from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from billing.viewer import Viewer
from catalog.music import queries as music
from catalog.playlists.models import Playlist, PlaylistCover, PlaylistEntry
from catalog.rights import queries as rights
from catalog.rights.queries import audience_of

# What became, or will become, of a picture that is not shown: for its owner.
UNFINISHED = (PlaylistCover.State.UPLOADING, PlaylistCover.State.CHECKING, PlaylistCover.State.REFUSED)


def visible_playlists(viewer: Viewer, secret: uuid.UUID | None = None) -> QuerySet[Playlist]:
    return Playlist.objects.visible_to(viewer.user_id, secret)


def playlists_for(viewer: Viewer, secret: uuid.UUID | None = None) -> QuerySet[Playlist]:
    """Those that somebody has the uid of, with all that a row shows: one query."""
    return _rows(visible_playlists(viewer, secret), viewer)


def editorial_playlists_for(viewer: Viewer) -> QuerySet[Playlist]:
    """Those to browse."""
    return _rows(Playlist.objects.editorial().public(), viewer)


def public_playlists_for(viewer: Viewer) -> QuerySet[Playlist]:
    """Those that may be named to anybody."""
    return _rows(Playlist.objects.public(), viewer)


def playlists_of(viewer: Viewer) -> QuerySet[Playlist]:
    return _rows(Playlist.objects.filter(owner_id=viewer.known_user_id), viewer)


def _rows(playlists: QuerySet[Playlist], viewer: Viewer) -> QuerySet[Playlist]:
    seen = _seen(PlaylistEntry.objects.filter(playlist=OuterRef("pk")), viewer).order_by()
    count = seen.values("playlist").annotate(count=Count("pk")).values("count")
    covers = PlaylistCover.objects.filter(playlist=OuterRef("pk"))
    shown, sent = covers.ready(), covers.filter(state__in=UNFINISHED).order_by("-pk")
    return playlists.select_related("owner").annotate(
        entry_count=Coalesce(Subquery(count), 0),
        cover=Subquery(shown.values(cover=JSONObject(uid="uid", color="color"))[:1]),
        cover_state=Subquery(sent.values("state")[:1]),
        cover_refusal=Subquery(sent.values("refusal")[:1]),
    )


def _seen(entries: QuerySet[PlaylistEntry], viewer: Viewer) -> QuerySet[PlaylistEntry]:
    visible = rights.visible_tracks(audience_of(viewer)).filter(pk=OuterRef("track_id"))
    return entries.filter(Exists(visible))


def entries_for(viewer: Viewer, playlist: Playlist) -> QuerySet[PlaylistEntry]:
    """What is on it, in order, greyed where it can't be played: three queries."""
    tracks = Prefetch("track", queryset=music.known_tracks_for(viewer))
    return _seen(playlist.entries.all(), viewer).prefetch_related(tracks)


def order_of(viewer: Viewer, playlist: Playlist) -> list[uuid.UUID]:
    """The entries that the viewer sees, in order."""
    return list(_seen(playlist.entries.all(), viewer).order_by("rank").values_list("uid", flat=True))


def track_keys_of(viewer: Viewer, playlist: Playlist) -> list[int]:
    """The keys of the tracks that the viewer sees on it, in order."""
    return list(_seen(playlist.entries.all(), viewer).order_by("rank").values_list("track_id", flat=True))


def find_tracks(viewer: Viewer, uids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The keys of those that exist for the viewer."""
    tracks = rights.visible_tracks(audience_of(viewer)).filter(uid__in=uids)
    return dict(tracks.order_by().values_list("uid", "pk"))
