"""Reads of a library. Rows of what the viewer may not see are left out; what is over or taken down is there, greyed."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from billing.viewer import Viewer
from catalog.library.models import Saved
from catalog.music import queries as music
from catalog.playlists import queries as playlists
from catalog.rights import queries as rights
from catalog.rights.queries import audience_of

# Of each type: what of it exists for a viewer. An unlisted playlist of somebody else's does by its secret alone.
VISIBLE: Mapping[str, Callable[[Viewer], QuerySet[Any]]] = {
    Saved.Type.TRACK: lambda viewer: rights.visible_tracks(audience_of(viewer)),
    Saved.Type.RELEASE: lambda viewer: rights.visible_releases(audience_of(viewer)),
    Saved.Type.ARTIST: lambda viewer: rights.known_artists(audience_of(viewer)),
    Saved.Type.PLAYLIST: playlists.visible_playlists,
}


def saved_by(viewer: Viewer) -> QuerySet[Saved]:
    """What the viewer saved and may see, without what a row shows: one query."""
    there = Q()
    for type_, visible in VISIBLE.items():
        there |= Q(Exists(visible(viewer).filter(pk=OuterRef(f"{type_}_id"))), type=type_)
    return Saved.objects.filter(there, user_id=viewer.known_user_id)


def library_of(viewer: Viewer) -> QuerySet[Saved]:
    """With all that rows show, whatever types are among them: eight queries."""
    return saved_by(viewer).prefetch_related(
        Prefetch("track", queryset=music.known_tracks_for(viewer)),
        Prefetch("release", queryset=music.known_releases_for(viewer)),
        Prefetch("artist", queryset=music.known_artists_for(viewer)),
        Prefetch("playlist", queryset=playlists.playlists_for(viewer)),
    )


def find_things(viewer: Viewer, uids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[str, int]]:
    """Type and key of each of these that the viewer may see: a query for each type."""
    wanted = set(uids)
    found: dict[uuid.UUID, tuple[str, int]] = {}
    for type_, visible in VISIBLE.items():
        rows = visible(viewer).filter(uid__in=wanted).values_list("uid", "pk")
        found |= {uid: (type_, key) for uid, key in rows}
    return found


def which_are_saved(viewer: Viewer, uids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Of these, the ones that a list of the library would show."""
    rows = saved_by(viewer).filter(uid_is_among(uids)).values_list(*(f"{type_}__uid" for type_ in VISIBLE))
    return {uid for row in rows for uid in row if uid is not None}


def uid_is_among(uids: Iterable[uuid.UUID]) -> Q:
    wanted, named = list(uids), Q()
    for type_ in VISIBLE:
        named |= Q(**{f"{type_}__uid__in": wanted})
    return named
