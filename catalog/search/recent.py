"""Recent searches: what the viewer says that they used, the newest first, fifty at most."""

import unicodedata
import uuid
from dataclasses import dataclass

from django.db.models import QuerySet

from billing.viewer import Viewer
from catalog.playlists.arrange import counting_of
from catalog.search.models import LONGEST, RecentSearch
from streaming.lib import clock

MOST = 50


@dataclass(frozen=True)
class Opened:
    type: str
    uid: uuid.UUID


def normalise(q: str) -> str:
    """What is the same search: case, width and spaces do not matter. A character may become many of them."""
    return " ".join(unicodedata.normalize("NFKC", q).casefold().split())[:LONGEST]


def searches_of(viewer: Viewer) -> QuerySet[RecentSearch]:
    return RecentSearch.objects.filter(user_id=viewer.known_user_id)


def note_search(*, viewer: Viewer, q: str, opened: Opened | None) -> RecentSearch:
    """At the top now, whether it was there or not. What is beyond the newest fifty goes."""
    with counting_of(viewer.known_user_id):
        found = {"q": q, "used_at": clock.now()}
        if opened is not None:
            found |= {"opened_type": opened.type, "opened_uid": opened.uid}
        search, _ = RecentSearch.objects.update_or_create(
            user_id=viewer.known_user_id, normalised=normalise(q), defaults=found
        )
        newest = searches_of(viewer).order_by("-used_at", "-pk").values("pk")[:MOST]
        searches_of(viewer).exclude(pk__in=newest).delete()
    return search


def forget_search(*, viewer: Viewer, uid: uuid.UUID) -> None:
    """What is not there is forgotten already."""
    searches_of(viewer).filter(uid=uid).delete()


def forget_searches(*, viewer: Viewer) -> None:
    searches_of(viewer).delete()
