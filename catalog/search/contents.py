"""What a thing is found by: its document, from what the database says of it now."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch

from catalog.music.models import Artist, Recording, RecordingCredit, Release, ReleaseCredit, Track
from catalog.playlists.models import Playlist
from catalog.search.models import IndexRow, Kind, SearchDocument
from catalog.search.normalise import compact, index_words

# An index has no room for longer keys.
LONGEST_NAME = 200
MOST_WORDS = 300


def documents_of(rows: Sequence[IndexRow]) -> dict[int, SearchDocument]:
    """By the key of the backlog's row; what is gone, or not to be found, is not there. At most nine queries."""
    made: dict[int, SearchDocument] = {}
    for kind, read in _READERS.items():
        waiting = {row.key: row for row in rows if row.kind == kind}
        if not waiting:
            continue
        for document in read(list(waiting)):
            row = waiting[document.key]
            document.row_kind, document.popularity = row.kind, row.popularity
            made[row.pk] = document
    return made


def _artists(keys: list[int]) -> Iterable[SearchDocument]:
    for artist in Artist.objects.filter(pk__in=keys).prefetch_related("aliases"):
        names = _names_of(artist)
        yield _document(Kind.ARTIST, artist, names=names, others=[artist.sort_name])


def _names_of(artist: Artist) -> list[str]:
    return [artist.name, artist.native_name, *(alias.name for alias in artist.aliases.all())]


def _releases(keys: list[int]) -> Iterable[SearchDocument]:
    releases = Release.objects.filter(pk__in=keys).prefetch_related("genres", _credited(ReleaseCredit))
    for release in releases:
        document = _document(Kind.RELEASE, release, names=_titles(release), others=_credit_names(release))
        document.genres, document.year = _genres(release), release.released_on.year
        yield document


def _tracks(keys: list[int]) -> Iterable[SearchDocument]:
    line = _credited(RecordingCredit, "recording__credits")
    tracks = Track.objects.filter(pk__in=keys).exclude(recording__kind=Recording.Kind.AD)
    for track in tracks.select_related("recording", "release").prefetch_related("release__genres", line):
        recording, release = track.recording, track.release
        kind = Kind.VIDEO if recording.kind == Recording.Kind.VIDEO else Kind.TRACK
        others = [*_credit_names(recording), release.title, release.version_title]
        document = _document(kind, track, names=_titles(recording), others=others)
        document.genres, document.year = _genres(release), release.released_on.year
        document.explicit = recording.explicit
        yield document


def _playlists(keys: list[int]) -> Iterable[SearchDocument]:
    for playlist in Playlist.objects.filter(pk__in=keys, visibility=Playlist.Visibility.PUBLIC):
        yield _document(Kind.PLAYLIST, playlist, names=[playlist.name], others=[playlist.description])


_READERS = {Kind.ARTIST: _artists, Kind.RELEASE: _releases, Kind.TRACK: _tracks, Kind.PLAYLIST: _playlists}


def _credited(model: type[RecordingCredit] | type[ReleaseCredit], path: str = "credits") -> "Prefetch[Any]":
    credited = model._default_manager.select_related("artist").prefetch_related("artist__aliases")
    return Prefetch(path, queryset=credited)


def _credit_names(credited: Any) -> list[str]:
    return [name for credit in credited.credits.all() for name in _names_of(credit.artist)]


def _titles(titled: Release | Recording) -> list[str]:
    return [titled.title, f"{titled.title} {titled.version_title}"]


def _genres(release: Release) -> list[str]:
    return sorted(genre.slug for genre in release.genres.all())


def _document(kind: Kind, thing: Any, *, names: list[str], others: list[str]) -> SearchDocument:
    found_by = [compact(name)[:LONGEST_NAME] for name in names]
    accented = [compact(name, accents=True)[:LONGEST_NAME] for name in names]
    return SearchDocument(
        kind=kind,
        key=thing.pk,
        uid=thing.uid,
        name=found_by[0],
        names=_once(found_by),
        accent_names=_once(accented),
        name_words=index_words(*names)[:MOST_WORDS],
        all_words=index_words(*names, *others)[:MOST_WORDS],
        genres=[],
    )


def _once(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name]
