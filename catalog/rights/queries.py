"""Visibility as SQL, and the facts that playability is judged by. What is visible exists for a viewer, greyed or not;
what is browsable is listed, too (design §10 and its table)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, JSONField, Q, QuerySet
from django.db.models.expressions import BaseExpression

from billing.viewer import Viewer
from catalog.music.models import Artist, Recording, Release, Track
from catalog.rights import sql
from catalog.rights.rules import Audience, Facts, parse_terms
from catalog.rights.sql import Condition, Fragment
from catalog.rights.zones import day_in
from streaming.lib import clock

_OF_TRACK = {"track": "pk", "recording": "recording_id", "release": "release_id", "label": "release__label_id"}


def audience_of(viewer: Viewer, at: datetime | None = None) -> Audience:
    return Audience(
        market=viewer.market,
        tier=viewer.entitlements.tier,
        hide_explicit=viewer.hide_explicit,
        at=at or clock.now(),
    )


def visible_tracks(audience: Audience) -> QuerySet[Track]:
    """Tracks that exist for listeners: published, announced, no ads."""
    return Track.objects.filter(
        ~Q(recording__kind=Recording.Kind.AD), recording__ready_at__isnull=False, release__announced_at__lte=audience.at
    )


def browsable_tracks(audience: Audience) -> QuerySet[Track]:
    """Visible tracks without those that were taken down, and without those whose time is over in the market."""
    return visible_tracks(audience).filter(Condition(sql.BROWSABLE, _OF_TRACK, _params(audience)))


def visible_releases(audience: Audience) -> QuerySet[Release]:
    """Releases with a visible track. The date is compared here, so that its index leads the way."""
    has_track = Condition(sql.RELEASE_IS_VISIBLE, {"release": "pk"}, {})
    return Release.objects.filter(has_track, announced_at__lte=audience.at)


def browsable_releases(audience: Audience) -> QuerySet[Release]:
    """Releases with something to list."""
    has_track = Condition(sql.RELEASE_IS_BROWSABLE, {"release": "pk", "label": "label_id"}, _params(audience))
    return Release.objects.filter(has_track, announced_at__lte=audience.at)


def visible_artists(audience: Audience) -> QuerySet[Artist]:
    """Artists with something to list."""
    return Artist.objects.filter(Condition(sql.ARTIST_IS_BROWSABLE, {"artist": "pk"}, _params(audience)))


def known_artists(audience: Audience) -> QuerySet[Artist]:
    """Artists with something visible, even where all of it is over or was taken down."""
    return Artist.objects.filter(Condition(sql.ARTIST_IS_VISIBLE, {"artist": "pk"}, _params(audience)))


def _params(audience: Audience) -> dict[str, Any]:
    return {"market": audience.market, "at": audience.at, "day": day_in(audience.market, audience.at)}


def rights_annotations() -> Mapping[str, BaseExpression]:
    """For a queryset of tracks: `rules_in_force` (a list of JSON objects) and `taken_down_at`. No further query."""
    of_case = {name: _OF_TRACK[name] for name in ("release", "recording")}
    of_rules = {name: _OF_TRACK[name] for name in ("track", "release", "label")}
    return {
        "rules_in_force": Fragment(sql.RULES_IN_FORCE, of_rules, {}, JSONField()),
        "taken_down_at": Fragment(sql.TAKEN_DOWN_AT, of_case, {}, DateTimeField()),
    }


def track_facts() -> Fragment:
    """For a queryset of releases: what decides about their visible tracks, as a list of JSON objects."""
    return Fragment(sql.TRACK_FACTS, {"release": "pk", "label": "label_id"}, {}, JSONField())


def facts_of_release(release: Any) -> list[Facts]:
    """The facts of the visible tracks of a release that has the annotation `track_facts`, equal ones once."""
    return [
        Facts(
            kind=facts["kind"],
            is_ready=True,
            explicit=facts["explicit"],
            announced_at=release.announced_at,
            released_on=release.released_on,
            rules=tuple(map(parse_terms, facts["rules"])),
            taken_down_at=facts["taken_down_at"] and datetime.fromisoformat(facts["taken_down_at"]),
        )
        for facts in release.track_facts
    ]


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
