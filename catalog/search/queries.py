"""Search as a viewer sees it. Engines give an order of uids; every row, name and count comes from what the viewer may
browse. Where much of an engine's answer is not for this viewer, more is asked for, a few times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from billing.viewer import Viewer
from catalog.music import queries as music
from catalog.music.models import Recording
from catalog.playlists import queries as playlists
from catalog.playlists.models import Playlist
from catalog.rights import queries as rights
from catalog.rights.queries import audience_of
from catalog.search import engines
from catalog.search.models import Kind
from catalog.search.rules import KINDS, NO_FILTERS, Asked, Filters, Hit, Query, isrc_in, parse_query, upcs_in

SECTION_ROWS = 10
SUGGESTIONS = 8
# Engines are asked for so many, and again for more while the viewer sees too few of them.
FIRST_LOOK, NEXT_LOOK, MOST_LOOKS = 30, 120, 3
LAST_PLACE = 1_000

Shown = Callable[[Mapping[Kind, list[UUID]]], dict[UUID, Any]]


@dataclass(frozen=True)
class Row:
    """What the viewer sees at a place of the engine's order."""

    hit: Hit
    place: int
    shown: Any


@dataclass
class Found:
    query: Query
    engine: str = ""
    rows: dict[Kind, list[Row]] = field(default_factory=dict)
    next_place: int | None = None

    @property
    def top(self) -> Row | None:
        """The best of all kinds; of equally good ones the kind that is meant most."""
        first = [self.rows[kind][0] for kind in KINDS if self.rows.get(kind)]
        return max(first, key=lambda row: row.hit.score, default=None)


def search(viewer: Viewer, text: str, filters: Filters = NO_FILTERS) -> Found:
    """Up to ten of each kind. A constant number of queries."""
    query = parse_query(text)
    kinds = tuple(kind for kind in KINDS if filters.covers(kind))
    return _found(viewer, Asked(query, kinds, filters), SECTION_ROWS)


def search_kind(
    viewer: Viewer, text: str, kind: Kind, *, filters: Filters = NO_FILTERS, start: int = 0, count: int = 20
) -> Found:
    """One page of a kind. Its `next_place` is where the next one starts."""
    kinds = (kind,) if filters.covers(kind) else ()
    look = max(FIRST_LOOK, count + SECTION_ROWS)
    found = _found(viewer, Asked(parse_query(text), kinds, filters, start, start + look), count + 1)
    rows = found.rows.get(kind, [])
    if len(rows) > count and rows[count - 1].place + 1 < LAST_PLACE:
        found.next_place = rows[count - 1].place + 1
    found.rows = {kind: rows[:count]}
    return found


def suggest(viewer: Viewer, text: str) -> tuple[str, list[tuple[str, Hit]]]:
    """The engine that answered, and names that begin like it, best first: up to eight that the viewer may browse."""
    asked = Asked(parse_query(text), KINDS, stop=SUGGESTIONS * 2)
    found = _look(asked, lambda uids: _names(viewer, uids), SUGGESTIONS)
    best = sorted((row for rows in found.rows.values() for row in rows), key=lambda row: -row.hit.score)
    # A song is on its single and on its album: its name is suggested once.
    once = {(row.shown.casefold(), row.hit.kind): (row.shown, row.hit) for row in reversed(best)}
    return found.engine, sorted(once.values(), key=lambda one: -one[1].score)[:SUGGESTIONS]


def _found(viewer: Viewer, asked: Asked, count: int) -> Found:
    coded = _by_code(viewer, asked) if asked.start == 0 else None
    return coded or _look(asked, lambda uids: _rows(viewer, asked, uids), count)


def _look(asked: Asked, rows_of: Shown, count: int) -> Found:
    """What is seen of the engine's answer; when nothing is, of what is nearly spelled so."""
    found = _look_for(asked, rows_of, count)
    if any(found.rows.values()) or not asked.query.words or asked.start:
        return found
    return _look_for(replace(asked, typos=True), rows_of, count)


def _look_for(asked: Asked, rows_of: Shown, count: int) -> Found:
    found = Found(asked.query, rows={kind: [] for kind in asked.kinds})
    for _ in range(MOST_LOOKS):
        if not asked.kinds or not asked.query.name:
            break
        answer = engines.find(asked)
        found.engine = answer.engine
        shown = rows_of({kind: [hit.uid for hit in hits] for kind, hits in answer.hits.items()})
        for kind, hits in answer.hits.items():
            seen = [Row(hit, asked.start + at, shown[hit.uid]) for at, hit in enumerate(hits) if hit.uid in shown]
            found.rows[kind] = (found.rows[kind] + seen)[:count]
        wanting = [
            kind
            for kind, hits in answer.hits.items()
            if len(found.rows[kind]) < count and len(hits) == asked.stop - asked.start
        ]
        asked = replace(asked, kinds=tuple(wanting), start=asked.stop, stop=asked.stop + NEXT_LOOK)
    return found


def _by_code(viewer: Viewer, asked: Asked) -> Found | None:
    """An ISRC or a UPC that was pasted: its tracks, or its release."""
    found: dict[Kind, list[Any]] = {}
    if isrc := isrc_in(asked.query.text):
        tracks = list(_filtered(music.tracks_for(viewer), asked.filters, "release__").filter(recording__isrc=isrc))
        found = {kind: [one for one in tracks if _kind_of(one) == kind] for kind in (Kind.TRACK, Kind.VIDEO)}
    elif upcs := upcs_in(asked.query.text):
        releases = _filtered(music.releases_for(viewer), asked.filters).filter(upc__in=upcs)
        found = {Kind.RELEASE: list(releases)}
    rows = {
        kind: [Row(Hit(kind, one.uid, 1.0), 0, one) for one in found.get(kind, [])[:SECTION_ROWS]]
        for kind in asked.kinds
    }
    return Found(asked.query, rows=rows) if any(rows.values()) else None


def _kind_of(track: Any) -> Kind:
    return Kind.VIDEO if track.recording.kind == Recording.Kind.VIDEO else Kind.TRACK


def _rows(viewer: Viewer, asked: Asked, uids: Mapping[Kind, list[UUID]]) -> dict[UUID, Any]:
    """Whole rows, as lists show them."""
    tracks = _filtered(music.tracks_for(viewer), asked.filters, "release__")
    if asked.filters.explicit is not None:
        tracks = tracks.filter(recording__explicit=asked.filters.explicit)
    sources: tuple[tuple[QuerySet[Any], list[UUID]], ...] = (
        (tracks, [*uids.get(Kind.TRACK, []), *uids.get(Kind.VIDEO, [])]),
        (music.artists_for(viewer), uids.get(Kind.ARTIST, [])),
        (_filtered(music.releases_for(viewer), asked.filters), uids.get(Kind.RELEASE, [])),
        (_public_playlists(viewer), uids.get(Kind.PLAYLIST, [])),
    )
    return {row.uid: row for rows, wanted in sources if wanted for row in rows.filter(uid__in=wanted)}


def _names(viewer: Viewer, uids: Mapping[Kind, list[UUID]]) -> dict[UUID, str]:
    audience = audience_of(viewer)
    sources: tuple[tuple[QuerySet[Any], str, list[UUID]], ...] = (
        (rights.browsable_tracks(audience), "recording__title", [*uids.get(Kind.TRACK, []), *uids.get(Kind.VIDEO, [])]),
        (rights.visible_artists(audience), "name", uids.get(Kind.ARTIST, [])),
        (rights.browsable_releases(audience), "title", uids.get(Kind.RELEASE, [])),
        (Playlist.objects.filter(visibility=Playlist.Visibility.PUBLIC), "name", uids.get(Kind.PLAYLIST, [])),
    )
    return {
        uid: name
        for rows, column, wanted in sources
        if wanted
        for uid, name in rows.filter(uid__in=wanted).order_by().values_list("uid", F(column))
    }


def _public_playlists(viewer: Viewer) -> QuerySet[Playlist]:
    """One's own private ones are in the library; here is what everybody finds."""
    return playlists.playlists_for(viewer).filter(visibility=Playlist.Visibility.PUBLIC)


def _filtered(rows: QuerySet[Any], filters: Filters, release: str = "") -> QuerySet[Any]:
    """The engine has filtered already; what it has may be a second old."""
    if filters.genre is not None:
        rows = rows.filter(**{f"{release}genres__slug": filters.genre})
    if filters.year is not None:
        rows = rows.filter(**{f"{release}released_on__year": filters.year})
    return rows
