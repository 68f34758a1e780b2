"""Reads of the catalogue. Each takes the viewer and owns its prefetches: a list costs the same with any rows."""

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from billing.viewer import Viewer
from catalog.ingest.models import Asset
from catalog.music.models import Artist, Membership, RecordingCredit, Release, ReleaseCredit, Track
from catalog.rights import queries as rights
from catalog.rights.queries import audience_of


def _artwork(at: datetime | None = None, **where: OuterRef) -> dict[str, Subquery]:
    """The current cover of the outer row's release, newest release first, as two annotations.

    `at`: of releases that are announced by then. It is needed where the release is not the row's own.
    """
    covers = Asset.objects.current().filter(quality=Asset.Quality.ARTWORK, **where)
    if at is not None:
        covers = covers.filter(release__announced_at__lte=at)
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


def known_tracks_for(viewer: Viewer) -> QuerySet[Track]:
    """Tracks that somebody has the uid of: those whose time is over or that were taken down are there, greyed."""
    return _rows(rights.visible_tracks(audience_of(viewer)))


def releases_for(viewer: Viewer) -> QuerySet[Release]:
    """Releases to browse."""
    return _release_rows(rights.browsable_releases(audience_of(viewer)))


def known_releases_for(viewer: Viewer) -> QuerySet[Release]:
    return _release_rows(rights.visible_releases(audience_of(viewer)))


def _release_rows(releases: QuerySet[Release]) -> QuerySet[Release]:
    """With all that a row shows: three queries."""
    published = Count("tracks", filter=Q(tracks__recording__ready_at__isnull=False), distinct=True)
    return (
        releases.select_related("label")
        .annotate(track_count=published, **_artwork(release=OuterRef("pk")))
        .prefetch_related(Prefetch("credits", queryset=ReleaseCredit.objects.select_related("artist")), "genres")
    )


def artists_for(viewer: Viewer) -> QuerySet[Artist]:
    """Artists with something to browse, and the cover of their newest release: one query."""
    audience = audience_of(viewer)
    covers = _artwork(audience.at, release__credits__artist=OuterRef("pk"))
    return rights.visible_artists(audience).annotate(**covers)


def tracks_of_release(viewer: Viewer, release: Release) -> QuerySet[Track]:
    """All that are visible: a gap in the numbers would say less than a greyed row."""
    return known_tracks_for(viewer).filter(release=release).order_by("disc", "number")


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
