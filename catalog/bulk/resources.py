"""The four tables. A row is found by its uid, else by its own code; a column that is not there changes nothing."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.roles.services import acting
from catalog.bulk import cells
from catalog.bulk.base import BATCH, BulkResource, Lookup, Problems, TableError, column, texts_in, uid_of, uids_in
from catalog.ingest.access import editable, rows_of
from catalog.music.models import (
    Artist,
    ArtistAlias,
    Genre,
    Label,
    Recording,
    RecordingCredit,
    Release,
    ReleaseCredit,
    Track,
)
from catalog.music.scope import sees_all
from catalog.music.services import arranging, change_tracks
from catalog.music.validators import taken
from catalog.rights.services import changing_terms

MAIN, FEATURED = RecordingCredit.Role.MAIN, RecordingCredit.Role.FEATURED


class Named(BulkResource):
    """Rows with a label, found by uid or by a code of their own."""

    code: str

    class Meta(BulkResource.Meta):
        pass

    def load(self, rows: list[dict[str, str]]) -> None:
        self.labels = Lookup("label", editable(self.request, Label).filter(name__in=texts_in(rows, "label")), _name)
        codes = {cells.code(text) for text in texts_in(rows, self.code)}
        wanted = Q(uid__in=uids_in(rows, "uid")) | Q(**{f"{self.code}__in": codes - {None}})
        self.there = list(self.for_export(rows_of(self.request, self.model).filter(wanted)))
        self.by_uid = {str(one.uid): one for one in self.there}
        self.by_code = {getattr(one, self.code): one for one in self.there if getattr(one, self.code)}
        taken = self.model._default_manager.filter(**{f"{self.code}__in": codes - {None}})
        self.taken = set(taken.values_list(self.code, flat=True))

    def find(self, texts: dict[str, str]) -> Any:
        code = cells.code(texts.get(self.code, ""))
        named = self.by_code.get(code)
        if texts.get("uid"):
            found = self.by_uid.get(str(uid_of(texts["uid"])))
            if found is None:
                raise ValidationError({"uid": "There is no row with this uid that you may change."})
            if named is not None and named is not found:
                raise ValidationError({self.code: "This code belongs to another row than the uid."})
        else:
            found = named
        if named is None and code in self.taken:
            raise ValidationError({self.code: taken(self.code.upper())})
        return found

    def label_id_of(self, instance: Any) -> int | None:
        label_id: int | None = instance.label_id
        return label_id


class ArtistLookups(Named):
    """Rows that name artists."""

    class Meta(BulkResource.Meta):
        pass

    def load_artists(self, rows: list[dict[str, str]], *columns: str) -> None:
        lower = {text.lower() for text in texts_in(rows, *columns)}
        uids = set().union(*(uids_in(rows, name) for name in columns))
        wanted = (
            rows_of(self.request, Artist).annotate(lower=Lower("name")).filter(Q(lower__in=lower) | Q(uid__in=uids))
        )
        self.artists = Lookup("artist", wanted, lambda artist: (artist.name, str(artist.uid)))

    def artists_in(self, text: str) -> list[Artist]:
        found = [self.artists(name) for name in cells.names(text)]
        if len({artist.pk for artist in found}) != len(found):
            raise ValidationError("An artist stands twice.")
        return found


class ArtistResource(BulkResource):
    uid, name, sort_name, native_name = column("uid"), column("name"), column("sort_name"), column("native_name")
    aliases, label = column("aliases"), column("label")
    needed = ("name",)
    shown_with = ("label",), ("aliases",)

    class Meta(BulkResource.Meta):
        model = Artist
        fields = ("uid", "name", "sort_name", "native_name", "aliases", "label")

    def prepare(self, rows: list[dict[str, str]]) -> None:
        self.labels = Lookup("label", editable(self.request, Label).filter(name__in=texts_in(rows, "label")), _name)
        names = {row.get("name", "") for row in rows}
        wanted = Q(uid__in=uids_in(rows, "uid")) | Q(name__in=names)
        found = list(self.for_export(rows_of(self.request, Artist).filter(wanted)))
        self.by_uid = {str(one.uid): one for one in found}
        self.by_name = Lookup("artist", found, lambda one: (f"{one.name}/{one.label_id}",))

    def find(self, texts: dict[str, str]) -> Any:
        """Without a uid, the only artist of that name and label."""
        if not texts.get("uid"):
            label = self.labels(texts["label"]) if texts.get("label") else None
            return self.by_name.get(f"{texts.get('name', '')}/{label.pk if label else None}")
        found = self.by_uid.get(str(uid_of(texts["uid"])))
        if found is None:
            raise ValidationError({"uid": "There is no artist with this uid that you may change."})
        return found

    def show(self, instance: Any) -> dict[str, str]:
        return {
            **{name: str(getattr(instance, name)) for name in ("uid", "name", "sort_name", "native_name")},
            "aliases": cells.APART.join(alias.name for alias in instance.aliases.all()),
            "label": instance.label.name if instance.label else "",
        }

    def read(self, instance: Any, texts: dict[str, str], problems: Problems) -> None:
        for name in ("name", "sort_name", "native_name"):
            problems.set(instance, name)
        problems.set(instance, "label", lambda text: self.labels(text) if text else None)
        problems.cell("aliases", cells.names, lambda names: setattr(instance, "wanted_aliases", names))

    def label_id_of(self, instance: Any) -> int | None:
        label_id: int | None = instance.label_id
        return label_id

    def write(self, new: list[Any], changed: list[Any]) -> None:
        self.save_rows(new, changed, ["name", "sort_name", "native_name", "label"])
        named = [one for one in (*new, *changed) if hasattr(one, "wanted_aliases")]
        ArtistAlias.objects.filter(artist__in=named).delete()
        aliases = [ArtistAlias(artist=one, name=name) for one in named for name in one.wanted_aliases]
        ArtistAlias.objects.bulk_create(aliases, batch_size=BATCH)


class RecordingResource(ArtistLookups):
    uid, isrc, kind, title, version_title = map(column, ("uid", "isrc", "kind", "title", "version_title"))
    label, explicit, artists, featured = map(column, ("label", "explicit", "artists", "featured"))
    code = "isrc"
    shown_with = ("label",), ("credits__artist",)
    needed = ("title", "label", "artists")

    class Meta(BulkResource.Meta):
        model = Recording
        fields = ("uid", "isrc", "kind", "title", "version_title", "label", "explicit", "artists", "featured")

    def prepare(self, rows: list[dict[str, str]]) -> None:
        self.load(rows)
        self.load_artists(rows, "artists", "featured")

    def show(self, instance: Any) -> dict[str, str]:
        return {
            **{name: str(getattr(instance, name) or "") for name in ("uid", "isrc", "kind", "title", "version_title")},
            "label": instance.label.name if instance.label else "",
            "explicit": cells.to_text(instance.explicit),
            "artists": _credited(instance, MAIN),
            "featured": _credited(instance, FEATURED),
        }

    def read(self, instance: Any, texts: dict[str, str], problems: Problems) -> None:
        problems.set(instance, "isrc", cells.code)
        problems.set(instance, "kind", self._kind)
        problems.set(instance, "title")
        problems.set(instance, "version_title")
        problems.set(instance, "label", self.labels)
        problems.set(instance, "explicit", cells.yes_or_no)
        instance.wanted_credits = {}
        for name, role in (("artists", MAIN), ("featured", FEATURED)):
            problems.cell(name, self.artists_in, partial(instance.wanted_credits.__setitem__, role))

    def _kind(self, text: str) -> str:
        """Ads are the business of whoever sees all, as in the form."""
        kind = text.lower() or Recording.Kind.AUDIO
        if kind == Recording.Kind.AD and not sees_all(self.request.user):
            raise ValidationError("Write audio or video.")
        return kind

    def write(self, new: list[Any], changed: list[Any]) -> None:
        self.save_rows(new, changed, ["isrc", "kind", "title", "version_title", "label", "explicit"])
        self.raise_revision(changed)
        for role in (MAIN, FEATURED):
            named = [one for one in (*new, *changed) if role in one.wanted_credits]
            RecordingCredit.objects.filter(recording__in=named, role=role).delete()
            rows = [
                RecordingCredit(recording=one, artist=artist, role=role, position=position)
                for one in named
                for position, artist in enumerate(one.wanted_credits[role], 50 if role == FEATURED else 0)
            ]
            RecordingCredit.objects.bulk_create(rows, batch_size=BATCH)
        change_tracks(recording_ids=[one.pk for one in changed])


class ReleaseResource(ArtistLookups):
    uid, upc, title, version_title, kind, label = map(column, ("uid", "upc", "title", "version_title", "kind", "label"))
    artists, genres, released_on, released_precision = map(
        column, ("artists", "genres", "released_on", "released_precision")
    )
    announced_at, language, p_line, c_line = map(column, ("announced_at", "language", "p_line", "c_line"))
    code = "upc"
    shown_with = ("label",), ("credits__artist", "genres")
    needed = ("title", "label", "artists", "released_on")
    plain = ("title", "version_title", "language", "p_line", "c_line")

    class Meta(BulkResource.Meta):
        model = Release
        fields = (
            "uid", "upc", "title", "version_title", "kind", "label", "artists", "genres", "released_on",
            "released_precision", "announced_at", "language", "p_line", "c_line",
        )  # fmt: skip

    def prepare(self, rows: list[dict[str, str]]) -> None:
        self.load(rows)
        self.load_artists(rows, "artists")
        self.known_genres = Lookup("genre", Genre.objects.all(), lambda genre: sorted({genre.name.lower(), genre.slug}))

    def show(self, instance: Any) -> dict[str, str]:
        announced = instance.announced_at
        return {
            **{name: str(getattr(instance, name) or "") for name in ("uid", "upc", "kind", *self.plain)},
            "label": instance.label.name,
            "artists": cells.APART.join(credit.artist.name for credit in instance.credits.all()),
            "genres": cells.APART.join(genre.name for genre in instance.genres.all()),
            "released_on": instance.released_on.isoformat(),
            "released_precision": instance.released_precision,
            "announced_at": announced.isoformat().replace("+00:00", "Z") if announced else "",
        }

    def read(self, instance: Any, texts: dict[str, str], problems: Problems) -> None:
        for name in self.plain:
            problems.set(instance, name)
        problems.set(instance, "upc", cells.code)
        problems.set(instance, "kind", lambda text: text.lower() or Release.Kind.ALBUM)
        problems.set(instance, "label", self.labels)
        problems.set(instance, "released_on", cells.day)
        problems.set(instance, "released_precision", lambda text: text.lower() or Release.Precision.DAY)
        problems.set(instance, "announced_at", cells.moment)
        problems.cell("artists", self.artists_in, lambda found: setattr(instance, "wanted_artists", found))
        problems.cell(
            "genres",
            lambda text: [self.known_genres(name) for name in cells.names(text)],
            lambda found: setattr(instance, "wanted_genres", found),
        )

    def write(self, new: list[Any], changed: list[Any]) -> None:
        columns = ["upc", "kind", "label", "released_on", "released_precision", "announced_at", *self.plain]
        with changing_terms(release_ids=[one.pk for one in changed], actor_uid=acting(self.request.user).uid):
            self.save_rows(new, changed, columns)
        self.raise_revision(changed)
        named = [one for one in (*new, *changed) if hasattr(one, "wanted_artists")]
        ReleaseCredit.objects.filter(release__in=named).delete()
        rows = [
            ReleaseCredit(release=one, artist=artist, position=position)
            for one in named
            for position, artist in enumerate(one.wanted_artists)
        ]
        ReleaseCredit.objects.bulk_create(rows, batch_size=BATCH)
        self._write_genres([one for one in (*new, *changed) if hasattr(one, "wanted_genres")])
        change_tracks(release_ids=[one.pk for one in changed])

    def _write_genres(self, named: list[Any]) -> None:
        through = Release.genres.through
        through.objects.filter(release__in=named).delete()
        rows = [through(release_id=one.pk, genre_id=genre.pk) for one in named for genre in one.wanted_genres]
        through.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


class TrackResource(BulkResource):
    uid, release, disc, number, recording = map(column, ("uid", "release", "disc", "number", "recording"))
    needed = ("release", "number", "recording")
    shown_with = ("release", "recording"), ()

    class Meta(BulkResource.Meta):
        model = Track
        fields = ("uid", "release", "disc", "number", "recording")

    def prepare(self, rows: list[dict[str, str]]) -> None:
        """Releases are named by UPC or uid, recordings by ISRC or uid."""
        upcs = {cells.code(text) for text in texts_in(rows, "release")}
        isrcs = {cells.code(text) for text in texts_in(rows, "recording")}
        releases = list(
            editable(self.request, Release)
            .filter(Q(upc__in=upcs) | Q(uid__in=uids_in(rows, "release")))
            .prefetch_related(None)
        )
        recordings = rows_of(self.request, Recording).filter(Q(isrc__in=isrcs) | Q(uid__in=uids_in(rows, "recording")))
        self.releases = Lookup("release", releases, lambda one: [str(one.uid), *([one.upc] if one.upc else [])])
        self.recordings = Lookup(
            "recording",
            recordings.prefetch_related(None),
            lambda one: [str(one.uid), *([one.isrc] if one.isrc else [])],
        )
        # With all their neighbours: where a track goes, another may be.
        touched = Track.objects.filter(uid__in=uids_in(rows, "uid")).values("release_id")
        tracks = rows_of(self.request, Track).filter(Q(release__in=releases) | Q(release_id__in=touched))
        self.there = list(self.for_export(tracks))
        self.by_uid = {str(one.uid): one for one in self.there}
        self.by_place = {(one.release_id, one.disc, one.number): one for one in self.there}
        self.places_before = {one.pk: (one.release_id, one.disc, one.number) for one in self.there}

    def find(self, texts: dict[str, str]) -> Any:
        """Without a uid, the track in that place."""
        if texts.get("uid"):
            found = self.by_uid.get(str(uid_of(texts["uid"])))
            if found is None:
                raise ValidationError({"uid": "There is no track with this uid that you may change."})
            return found
        if not texts.get("release") or not texts.get("number"):
            return None
        release = self._release(texts["release"])
        disc = cells.number(texts.get("disc") or "1")
        return self.by_place.get((release.pk, disc, cells.number(texts["number"])))

    def _release(self, text: str) -> Any:
        return self.releases(text if uid_of(text) else cells.code(text) or "")

    def _recording(self, text: str) -> Any:
        return self.recordings(text if uid_of(text) else cells.code(text) or "")

    def show(self, instance: Any) -> dict[str, str]:
        return {
            "uid": str(instance.uid),
            "release": instance.release.upc or str(instance.release.uid),
            "disc": str(instance.disc),
            "number": str(instance.number),
            "recording": instance.recording.isrc or str(instance.recording.uid),
        }

    def read(self, instance: Any, texts: dict[str, str], problems: Problems) -> None:
        problems.set(instance, "release", self._release)
        problems.set(instance, "disc", lambda text: cells.number(text or "1"))
        problems.set(instance, "number", cells.number)
        problems.set(instance, "recording", self._recording)

    def label_id_of(self, instance: Any) -> int | None:
        label_id: int | None = instance.release.label_id
        return label_id

    def check_together(self, kept: list[tuple[int, Any, bool]]) -> None:
        """Tracks may change places with each other; in the end each place holds one."""
        moved = {one.pk for _, one, new in kept if not new}
        taken = {place for pk, place in self.places_before.items() if pk not in moved}
        for row_number, track, _ in kept:
            place = (track.release_id, track.disc, track.number)
            if place in taken:
                sentence = f"Row {row_number}: track {track.number} of disc {track.disc} is taken on “{track.release}”."
                raise TableError(sentence)
            taken.add(place)

    def write(self, new: list[Any], changed: list[Any]) -> None:
        left = {self.places_before[one.pk][0] for one in changed}
        with arranging(release_ids={one.release_id for one in (*new, *changed)} | left):
            # Out of the way first: two that change places would meet.
            Track.objects.filter(pk__in=[one.pk for one in changed]).update(number=F("number") + 10_000)
            self.save_rows(new, changed, ["release", "disc", "number", "recording"])


def _name(row: Any) -> tuple[str]:
    return (row.name,)


def _credited(recording: Any, role: str) -> str:
    return cells.APART.join(credit.artist.name for credit in recording.credits.all() if credit.role == role)
