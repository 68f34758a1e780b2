"""Reads of the catalogue. Each takes the viewer and owns its prefetches: a list costs the same with any rows."""

import uuid

from django.db.models import Count, F, OuterRef, Prefetch, Q, QuerySet, Subquery

from billing.viewer import Viewer
from catalog.ingest.models import Asset
from catalog.music.models import Artist, Membership, RecordingCredit, Release, ReleaseCredit, Track


def _artwork(**where: OuterRef) -> dict[str, Subquery]:
    """The current cover of the outer row's release, newest release first, as two annotations."""
    covers = Asset.objects.current().filter(quality=Asset.Quality.ARTWORK, **where)
    covers = covers.order_by("-release__released_on", "-release_id")
    return {"artwork_uid": Subquery(covers.values("uid")[:1]), "artwork_color": Subquery(covers.values("color")[:1])}


def tracks_for(viewer: Viewer) -> QuerySet[Track]:
    """Visible tracks with all that a row shows: two queries."""
    artists = RecordingCredit.objects.select_related("artist")
    return (
        Track.objects.visible()
        .select_related("recording", "release")
        .annotate(**_artwork(release=OuterRef("release")))
        .prefetch_related(Prefetch("recording__credits", queryset=artists))
    )


def releases_for(viewer: Viewer) -> QuerySet[Release]:
    """Visible releases with all that a row shows: three queries."""
    visible_tracks = Count("tracks", filter=Q(tracks__recording__ready_at__isnull=False), distinct=True)
    return (
        Release.objects.visible()
        .annotate(track_count=visible_tracks, **_artwork(release=OuterRef("pk")))
        .prefetch_related(
            Prefetch("credits", queryset=ReleaseCredit.objects.select_related("artist")),
            "genres",
        )
    )


def artists_for(viewer: Viewer) -> QuerySet[Artist]:
    """Visible artists with the cover of their newest release: one query."""
    return Artist.objects.visible().annotate(**_artwork(release__credits__artist=OuterRef("pk")))


def tracks_of_release(viewer: Viewer, release: Release) -> QuerySet[Track]:
    return tracks_for(viewer).filter(release=release).order_by("disc", "number")


def artists_of_member(viewer: Viewer) -> QuerySet[Membership]:
    """The artists whose team the viewer is in."""
    return Membership.objects.of_artists(viewer.known_user_id).select_related("artist")


def artist_of_member(viewer: Viewer, artist_uid: uuid.UUID) -> Artist | None:
    """The artist, for a member of its team; None for everyone else."""
    found = Membership.objects.of_artists(viewer.known_user_id).filter(artist__uid=artist_uid)
    membership = found.select_related("artist").first()
    return membership.artist if membership else None


def tracks_by_uids(viewer: Viewer, uids: list[uuid.UUID]) -> QuerySet[Track]:
    return tracks_for(viewer).filter(uid__in=uids)


def counted_tracks(track_ids: list[int]) -> QuerySet[Track]:
    """Tracks by key for statistics, visible or not: what was counted stays on the page."""
    return (
        Track.objects.filter(pk__in=track_ids)
        .select_related("recording", "release")
        .annotate(**_artwork(release=OuterRef("release")), title=F("recording__title"))
    )
