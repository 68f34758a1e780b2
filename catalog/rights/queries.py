"""Visibility as SQL, and the facts that playability is judged by. What is visible exists for a viewer, greyed or not;
what is browsable is listed, too (design §10 and its table)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import BaseExpression
from django.db.models.functions import JSONObject

from billing.viewer import Viewer
from catalog.music.models import Artist, Recording, Release, Track
from catalog.rights.models import Rule, Takedown
from catalog.rights.rules import Audience, Facts, parse_terms
from catalog.rights.zones import day_in
from streaming.lib import clock


def audience_of(viewer: Viewer, at: datetime | None = None) -> Audience:
    return Audience(
        market=viewer.market,
        tier=viewer.entitlements.tier,
        hide_explicit=viewer.hide_explicit,
        at=at or clock.now(),
    )


def visible_tracks(audience: Audience) -> QuerySet[Track]:
    """Tracks that exist for listeners: published, announced, no ads."""
    published = Track.objects.filter(recording__ready_at__isnull=False).exclude(recording__kind=Recording.Kind.AD)
    return published.filter(release__announced_at__lte=audience.at)


def browsable_tracks(audience: Audience) -> QuerySet[Track]:
    """Visible tracks without those that were taken down, and without those whose time is over in the market."""
    covering = Rule.objects.filter(in_force("pk", "release_id", "release__label_id"), _covers(audience.market))
    return visible_tracks(audience).filter(
        ~Exists(open_takedowns(audience.at)), Exists(covering.exclude(_is_over(audience))) | ~Exists(covering)
    )


def visible_releases(audience: Audience) -> QuerySet[Release]:
    return Release.objects.filter(_has(visible_tracks(audience)), announced_at__lte=audience.at)


def browsable_releases(audience: Audience) -> QuerySet[Release]:
    """Releases with something to list. The date is compared here too, so that its index leads the way."""
    return Release.objects.filter(_has(browsable_tracks(audience)), announced_at__lte=audience.at)


def visible_artists(audience: Audience) -> QuerySet[Artist]:
    tracks = browsable_tracks(audience).filter(recording__credits__artist=OuterRef("pk"))
    return Artist.objects.filter(Exists(tracks))


def known_artists(audience: Audience) -> QuerySet[Artist]:
    """Artists with something visible, even where all of it is over or was taken down."""
    tracks = visible_tracks(audience).filter(recording__credits__artist=OuterRef("pk"))
    return Artist.objects.filter(Exists(tracks))


def _has(tracks: QuerySet[Track]) -> Exists:
    return Exists(tracks.filter(release=OuterRef("pk")))


def in_force(track: str, release: str, label: str) -> Q:
    """The rules of the outer row's track: its own; without any, its release's; without these, its label's."""
    own = Exists(Rule.objects.filter(track=OuterRef(OuterRef(track))))
    of_release = Exists(Rule.objects.filter(release=OuterRef(OuterRef(release))))
    return (
        Q(track=OuterRef(track))
        | (Q(release=OuterRef(release)) & ~own)
        | (Q(label=OuterRef(label)) & ~own & ~of_release)
    )


def _covers(market: str) -> Q:
    named = Q(territories__contains=[market])
    return (Q(scope=Rule.Scope.INCLUDE) & named) | (Q(scope=Rule.Scope.EXCLUDE) & ~named)


def _is_over(audience: Audience) -> Q:
    """A local midnight has passed when the calendar there says so."""
    return Q(ends_at__lte=audience.at) | Q(ends_on__lte=day_in(audience.market, audience.at))


def open_takedowns(at: datetime | None = None) -> QuerySet[Takedown]:
    """Open cases against the outer row's recording or release."""
    cases = Takedown.objects.filter(
        Q(recording=OuterRef("recording_id")) | Q(release=OuterRef("release_id")), restored_at=None
    )
    return cases if at is None else cases.filter(starts_at__lte=at)


def taken_down_releases(at: datetime) -> QuerySet[Takedown]:
    """Open cases against the outer row's release as a whole."""
    return Takedown.objects.filter(release=OuterRef("release_id"), restored_at=None, starts_at__lte=at)


def rights_annotations() -> Mapping[str, BaseExpression]:
    """For a queryset of tracks: `rules_in_force` (a list of JSON objects) and `taken_down_at`. No further query."""
    fields = ("scope", "territories", "access", "starts_at", "starts_on", "ends_at", "ends_on")
    rules = Rule.objects.filter(in_force("pk", "release_id", "release__label_id")).order_by("pk")
    row = JSONObject(**{name: F(name) for name in fields}, is_own=Q(track__isnull=False))
    first = open_takedowns().order_by().values("restored_at").annotate(first=Min("starts_at")).values("first")
    return {"rules_in_force": ArraySubquery(rules.values(row=row)), "taken_down_at": Subquery(first)}


def facts_of(track: Any) -> Facts:
    """The facts of a track that has the annotations, its recording and its release."""
    recording, release = track.recording, track.release
    return Facts(
        kind=recording.kind,
        is_ready=recording.ready_at is not None,
        explicit=recording.explicit,
        announced_at=release.announced_at,
        released_on=release.released_on,
        rules=tuple(map(parse_terms, track.rules_in_force)),
        taken_down_at=track.taken_down_at,
    )
