"""Reads of the catalogue. Each takes the viewer and owns its prefetches: a list costs the same with any rows."""

import uuid
from typing import Any

from django.db.models import Exists, F, IntegerField, JSONField, OuterRef, Prefetch, QuerySet

from billing.viewer import Viewer
from catalog.music.models import (
    Artist,
    Genre,
    Label,
    Lyrics,
    Membership,
    RecordingCredit,
    Release,
    ReleaseCredit,
    Track,
)
from catalog.rights import queries as rights
from catalog.rights.queries import audience_of
from catalog.rights.rules import Audience, Reason, playability
from catalog.rights.sql import Fragment
from catalog.rights.zones import day_in
from streaming.lib.errors import Code, DomainError

# As text for the same reason as in catalog.rights.sql.
_TRACK_COUNT = """(
    SELECT count(*) FROM catalog_track track JOIN catalog_recording recording ON recording.id = track.recording_id
    WHERE track.release_id = {release} AND recording.ready_at IS NOT NULL
)"""
_COVER_OF_RELEASE = """(
    SELECT jsonb_build_object('uid', cover.uid, 'color', cover.color) FROM catalog_asset cover
    WHERE cover.release_id = {release} AND cover.quality = 'artwork'
    AND cover.ready_at IS NOT NULL AND cover.replaced_at IS NULL
)"""
# Of the newest release that is announced and not taken down: it is not the artist's own row that was judged.
_COVER_OF_ARTIST = """(
    SELECT jsonb_build_object('uid', cover.uid, 'color', cover.color)
    FROM catalog_releasecredit credit JOIN catalog_release release ON release.id = credit.release_id
    JOIN catalog_asset cover ON cover.release_id = release.id AND cover.quality = 'artwork'
    AND cover.ready_at IS NOT NULL AND cover.replaced_at IS NULL
    WHERE credit.artist_id = {artist} AND release.announced_at <= %(at)s AND NOT EXISTS (
        SELECT FROM catalog_takedown taken
        WHERE taken.release_id = release.id AND taken.restored_at IS NULL AND taken.starts_at <= %(at)s
    )
    ORDER BY release.released_on DESC, release.id DESC LIMIT 1
)"""


def _cover(release: str) -> Fragment:
    """The current cover of a release: its `uid` and `color`, or None."""
    return Fragment(_COVER_OF_RELEASE, {"release": release}, {}, JSONField())


def _rows(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """With all that a row shows: two queries."""
    line = RecordingCredit.objects.filter(role__in=RecordingCredit.IN_LINE).select_related("artist")
    return (
        tracks.select_related("recording", "release")
        .annotate(cover=_cover("release_id"), **rights.rights_annotations())
        .prefetch_related(Prefetch("recording__credits", queryset=line, to_attr="line"))
    )


def tracks_for(viewer: Viewer) -> QuerySet[Track]:
    """Tracks to browse."""
    return _rows(rights.browsable_tracks(audience_of(viewer)))


def recordings_of(artist_uid: uuid.UUID) -> QuerySet[RecordingCredit, Any]:
    """The keys of the recordings that an artist has any part in, as a subquery."""
    return RecordingCredit.objects.filter(artist__uid=artist_uid).values("recording")


def known_tracks_for(viewer: Viewer) -> QuerySet[Track]:
    """Tracks that somebody has the uid of: those whose time is over or that were taken down are there, greyed."""
    return _rows(rights.visible_tracks(audience_of(viewer)))


def track_page_for(viewer: Viewer) -> QuerySet[Track]:
    """Known tracks with all their credits and the languages of their lyrics: four queries."""
    credited = RecordingCredit.objects.select_related("artist")
    languages = Lyrics.objects.only("recording", "language")
    return known_tracks_for(viewer).prefetch_related(
        Prefetch("recording__credits", queryset=credited), Prefetch("recording__lyrics", queryset=languages)
    )


def lyrics_for(viewer: Viewer, track_uid: uuid.UUID) -> QuerySet[Lyrics]:
    """Those of a track that may be played whole or as a preview. Raises NOT_FOUND for one that does not exist."""
    audience = audience_of(viewer)
    found = rights.visible_tracks(audience).select_related("recording", "release")
    track = found.annotate(**rights.rights_annotations()).filter(uid=track_uid).first()
    if track is None:
        raise DomainError(Code.NOT_FOUND, "There is no such track.", status=404)
    answer = playability(rights.facts_of(track), audience)
    heard = answer.restriction is None or answer.restriction.reason == Reason.NOT_ENTITLED
    return Lyrics.objects.filter(recording=track.recording_id) if heard else Lyrics.objects.none()


def releases_for(viewer: Viewer) -> QuerySet[Release]:
    """Releases to browse."""
    return _release_rows(rights.browsable_releases(audience_of(viewer)))


def new_releases_for(viewer: Viewer) -> QuerySet[Release]:
    """Those whose date has begun where the viewer is."""
    audience = audience_of(viewer)
    return releases_for(viewer).filter(released_on__lte=day_in(audience.market, audience.at))


def known_releases_for(viewer: Viewer) -> QuerySet[Release]:
    return _release_rows(rights.visible_releases(audience_of(viewer)))


def _release_rows(releases: QuerySet[Release]) -> QuerySet[Release]:
    """With all that a row shows: three queries."""
    # Counted in a subquery: over a join, all releases would be grouped before the first page of them is cut.
    count = Fragment(_TRACK_COUNT, {"release": "pk"}, {}, IntegerField())
    return (
        releases.select_related("label")
        .annotate(track_count=count, cover=_cover("pk"), track_facts=rights.track_facts())
        .prefetch_related(Prefetch("credits", queryset=ReleaseCredit.objects.select_related("artist")), "genres")
    )


def artists_for(viewer: Viewer) -> QuerySet[Artist]:
    """Artists with something to browse, and the cover of their newest release: one query."""
    audience = audience_of(viewer)
    return _pictured(rights.visible_artists(audience), audience)


def known_artists_for(viewer: Viewer) -> QuerySet[Artist]:
    """Artists that somebody has saved: those with nothing to browse any more are there."""
    audience = audience_of(viewer)
    return _pictured(rights.known_artists(audience), audience)


def _pictured(artists: QuerySet[Artist], audience: Audience) -> QuerySet[Artist]:
    return artists.annotate(cover=Fragment(_COVER_OF_ARTIST, {"artist": "pk"}, {"at": audience.at}, JSONField()))


def tracks_of_release(viewer: Viewer, release: Release) -> QuerySet[Track]:
    """All that are visible: a gap in the numbers would say less than a greyed row."""
    return known_tracks_for(viewer).filter(release=release).order_by("disc", "number")


def labels_for(viewer: Viewer) -> QuerySet[Label]:
    """Labels with something to browse: one query."""
    return Label.objects.filter(Exists(rights.browsable_releases(audience_of(viewer)).filter(label=OuterRef("pk"))))


def genres_for(viewer: Viewer) -> QuerySet[Genre]:
    """Genres with something to browse: one query."""
    return Genre.objects.filter(Exists(rights.browsable_releases(audience_of(viewer)).filter(genres=OuterRef("pk"))))


def artists_of_member(viewer: Viewer) -> QuerySet[Membership]:
    """The artists whose team the viewer is in."""
    return Membership.objects.of_artists(viewer.known_user_id).select_related("artist")


def artist_of_member(viewer: Viewer, artist_uid: uuid.UUID) -> Artist | None:
    """The artist, for a member of its team; None for everyone else."""
    found = Membership.objects.of_artists(viewer.known_user_id).filter(artist__uid=artist_uid)
    membership = found.select_related("artist").first()
    return membership.artist if membership else None


def counted_tracks(track_ids: list[int]) -> QuerySet[Any]:
    """Tracks by key for statistics, visible or not: what was counted stays on the page."""
    return (
        Track.objects.filter(pk__in=track_ids)
        .select_related("recording", "release")
        .annotate(cover=_cover("release_id"), title=F("recording__title"))
    )
