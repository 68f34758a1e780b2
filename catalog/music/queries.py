"""Reads of the catalogue. Each takes the viewer and owns its prefetches: a list costs the same with any rows."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from billing.viewer import Viewer
from catalog.ingest.models import Asset
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
from catalog.rights.zones import day_in
from streaming.lib.errors import Code, DomainError


def _artwork(at: datetime | None = None, **where: OuterRef) -> dict[str, Subquery]:
    """The current cover of the outer row's release, newest release first, as two annotations.

    `at`: of releases that are announced by then and not taken down. Needed where the release is not the row's own.
    """
    covers = Asset.objects.current().filter(quality=Asset.Quality.ARTWORK, **where)
    if at is not None:
        covers = covers.filter(~Exists(rights.taken_down_releases(at)), release__announced_at__lte=at)
    covers = covers.order_by("-release__released_on", "-release_id")
    return {"artwork_uid": Subquery(covers.values("uid")[:1]), "artwork_color": Subquery(covers.values("color")[:1])}


def _rows(tracks: QuerySet[Track]) -> QuerySet[Track]:
    """With all that a row shows: two queries."""
    line = RecordingCredit.objects.filter(role__in=RecordingCredit.IN_LINE).select_related("artist")
    return (
        tracks.select_related("recording", "release")
        .annotate(**_artwork(release=OuterRef("release")), **rights.rights_annotations())
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


def playable_releases_for(viewer: Viewer) -> QuerySet[Release]:
    """Known releases, for rows that say whether anything on them can be played: `judged_by` has their visible tracks,
    in order. Two queries more than a row of a list."""
    judged = rights.visible_tracks(audience_of(viewer)).select_related("recording", "release")
    judged = judged.annotate(**rights.rights_annotations()).order_by("disc", "number")
    return known_releases_for(viewer).prefetch_related(Prefetch("tracks", queryset=judged, to_attr="judged_by"))


def _release_rows(releases: QuerySet[Release]) -> QuerySet[Release]:
    """With all that a row shows: three queries."""
    # A subquery, because counting over a join would group all releases before the first page of them is cut.
    published = Track.objects.filter(release=OuterRef("pk"), recording__ready_at__isnull=False).order_by()
    count = published.values("release").annotate(count=Count("pk")).values("count")
    return (
        releases.select_related("label")
        .annotate(track_count=Coalesce(Subquery(count), 0), **_artwork(release=OuterRef("pk")))
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
    return artists.annotate(**_artwork(audience.at, release__credits__artist=OuterRef("pk")))


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
        .annotate(**_artwork(release=OuterRef("release")), title=F("recording__title"))
    )
