"""Plain search on PostgreSQL: every word must occur, accents and case don't matter; names that begin so come first."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from billing.viewer import Viewer
from catalog.music import queries
from catalog.music.models import Artist, Release, Track

SECTION_ROWS = 10


@dataclass(frozen=True)
class Found:
    tracks: list[Track]
    artists: list[Artist]
    releases: list[Release]


def search(viewer: Viewer, text: str) -> Found:
    """Up to ten of each, only what is visible to the viewer. A constant number of queries."""
    words = text.split()[:8]
    tracks = _matching(queries.tracks_for(viewer), words, "recording__title", "recording__artists__name")
    artists = _matching(queries.artists_for(viewer), words, "name")
    releases = _matching(queries.releases_for(viewer), words, "title", "artists__name")
    return Found(
        tracks=list(_best_first(tracks, text, "recording__title")),
        artists=list(_best_first(artists, text, "name")),
        releases=list(_best_first(releases, text, "title")),
    )


def _matching(rows: QuerySet[Any], words: list[str], *fields: str) -> QuerySet[Any]:
    for word in words:
        anywhere = Q()
        for field in fields:
            anywhere |= Q(**{f"{field}__unaccent__icontains": word})
        # A join to the artists repeats rows; a subquery keeps them single without a DISTINCT over the annotations.
        rows = rows.filter(pk__in=rows.model._default_manager.filter(anywhere).values("pk"))
    return rows


def _best_first(rows: QuerySet[Any], text: str, field: str) -> QuerySet[Any]:
    rank = Case(
        When(**{f"{field}__unaccent__iexact": text}, then=Value(0)),
        When(**{f"{field}__unaccent__istartswith": text}, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    ranked: QuerySet[Any] = rows.annotate(rank=rank)
    return ranked.order_by("rank", field, "-id")[:SECTION_ROWS]
