"""What playlists hold of a person: those that are theirs, with all that is on them."""

from typing import Any

from accounts.models import User
from accounts.privacy.registry import Rows, register
from accounts.privacy.signals import erasure_requested
from catalog.playlists.models import Playlist


def playlists(user: User) -> Rows:
    for playlist in Playlist.objects.filter(owner=user).order_by("pk"):
        entries = playlist.entries.order_by("rank").values("added_at", "track__uid")
        yield {
            "uid": playlist.uid,
            "name": playlist.name,
            "description": playlist.description,
            "visibility": playlist.visibility,
            "created_at": playlist.created_at,
            "cover_sent_at": playlist.covers.ready().values_list("created_at", flat=True).first(),
            "entries": [{"track": entry["track__uid"], "added_at": entry["added_at"]} for entry in entries],
        }


def erase(*, user: User, **kwargs: Any) -> None:
    Playlist.objects.filter(owner=user).delete()


def connect() -> None:
    register("playlists", playlists)
    erasure_requested.connect(erase)
