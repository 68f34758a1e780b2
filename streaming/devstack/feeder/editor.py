"""Adds the demo catalogue as a label editor does. What is there already is found, and left as it is."""

from collections.abc import Callable
from pathlib import Path

from streaming.devstack.demo.catalogue import Artist, Release, Song, slug
from streaming.devstack.feeder.admin import Admin, Edit, Row, Source

LABELS = Source("catalog", "release", "label")
GENRES = Source("catalog", "release", "genres")
ARTISTS = Source("catalog", "recordingcredit", "artist")
RECORDINGS = Source("catalog", "track", "recording")
RELEASES = Source("catalog", "track", "release")
PEOPLE = Source("catalog", "membership", "user")


class Editor:
    """Remembers the ids of what it found or added."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._known: dict[tuple[str, str], int] = {}
        self._covered: set[int] = set()

    def label(self, name: str) -> int:
        return self._ensure("catalog/label", LABELS, name, lambda: _label_edit(name))

    def genre(self, name: str) -> int:
        return self._ensure("catalog/genre", GENRES, name, lambda: Edit({"name": name, "slug": slug(name)}))

    def artist(self, artist: Artist) -> int:
        return self._ensure("catalog/artist", ARTISTS, artist.name, lambda: Edit({"name": artist.name}))

    def recording(self, song: Song) -> int:
        shown = song.title if song.kind == "audio" else f"{song.title} ({song.kind})"
        return self._ensure("catalog/recording", RECORDINGS, shown, lambda: self._recording_edit(song), term=song.isrc)

    def _recording_edit(self, song: Song) -> Edit:
        fields: Row = {
            "kind": song.kind,
            "label": self.label(song.artists[0].label.name),
            "title": song.title,
            "isrc": song.isrc,
            "explicit": song.explicit,
        }
        credited: list[Row] = [
            {"artist": self.artist(artist), "role": "featured" if position else "main", "position": position}
            for position, artist in enumerate(song.artists)
        ]
        return Edit(fields, {"credits": credited})

    def release(self, release: Release) -> int:
        """With all its recordings and tracks."""
        return self._ensure(
            "catalog/release",
            RELEASES,
            release.title,
            lambda: self._release_edit(release),
            term=f"{release.title} {release.artist.name}",
        )

    def _release_edit(self, release: Release) -> Edit:
        fields: Row = {
            "label": self.label(release.artist.label.name),
            "title": release.title,
            "kind": release.kind,
            "released_on": release.released_on.isoformat(),
            "announced_at_0": release.released_on.isoformat(),
            "announced_at_1": "00:00:00",
            "genres": [self.genre(name) for name in release.genres],
        }
        tracks: list[Row] = [
            {"disc": song.disc, "number": song.number, "recording": self.recording(song)} for song in release.songs
        ]
        return Edit(fields, {"credits": [{"artist": self.artist(release.artist)}], "tracks": tracks})

    def cover(self, release: Release, build: Callable[[], Path]) -> str | None:
        """Upload the cover, unless one was uploaded before; its master's uid the first time that it is asked for."""
        pk = self.release(release)
        if pk in self._covered:
            return None
        self._covered.add(pk)
        return self._admin.newest_master("catalog/release", pk) or self._admin.upload("release", pk, build())

    def master(self, song: Song, build: Callable[[], Path]) -> str:
        """Upload the master, unless one was uploaded before; its uid."""
        pk = self.recording(song)
        return self._admin.newest_master("catalog/recording", pk) or self._admin.upload("recording", pk, build())

    def add_to_team(self, artist: Artist, email: str) -> None:
        people = self._admin.find(PEOPLE, email)
        user = next(pk for pk, name in people.items() if name == email)
        edit = Edit(rows={"memberships": [{"user": user, "role": "owner"}]})
        self._admin.change("catalog/artist", self.artist(artist), edit)

    def add_to_label(self, name: str, email: str) -> None:
        """Label staff reach nothing before they are in the team of a label."""
        people, pk = self._admin.find(PEOPLE, email), self.label(name)
        user = next(pk for pk, found in people.items() if found == email)
        if str(user) not in self._admin.values("catalog/label", pk, "memberships", "user"):
            self._admin.change("catalog/label", pk, Edit(rows={"memberships": [{"user": user, "role": "owner"}]}))

    def _ensure(
        self, model: str, source: Source, name: str, edit: Callable[[], Edit], *, term: str | None = None
    ) -> int:
        """The id of the row of that name which the term finds, or of a new one."""
        term = term or name
        if (model, term) not in self._known:
            found = [pk for pk, text in self._admin.find(source, term).items() if text == name]
            self._known[model, term] = found[0] if found else self._admin.add(model, edit())
        return self._known[model, term]


def _label_edit(name: str) -> Edit:
    """Its music may be played anywhere, by anybody, from the dates of its releases on."""
    return Edit({"name": name}, {"rules": [{"scope": "exclude", "access": "everyone"}]})
