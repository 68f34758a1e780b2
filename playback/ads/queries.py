"""What a break is decided from."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from billing.viewer import Viewer
from catalog.music.models import Genre
from playback.ads.models import Creative, Impression
from playback.ads.rules import DAY, Candidate, Given


def eligible_creatives(at: datetime) -> dict[int, Any]:
    """By id, with what deciding and playing need. One query."""
    found: Iterable[Any] = Creative.objects.eligible(at).with_presentation()
    return {creative.pk: creative for creative in found if creative.asset_uid is not None}


def candidate_of(creative: Any) -> Candidate:
    campaign = creative.campaign
    return Candidate(
        creative_id=creative.pk,
        campaign_id=campaign.pk,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        budget=campaign.budget,
        delivered=campaign.delivered,
        held=campaign.held,
        countries=frozenset(campaign.countries),
        genres=frozenset(creative.genre_ids),
        priority=campaign.priority,
        daily_cap=campaign.daily_cap,
        minutes_between=campaign.minutes_between,
    )


def history_of(viewer: Viewer, at: datetime) -> list[Given]:
    """What this listener was given within a day, and the last one before that. One query."""
    rows = Impression.objects.recent_of(viewer.known_user_id, at - DAY)
    return [Given(*row) for row in rows.values_list("creative_id", "campaign_id", "held_at")]


def genres_beside(track_uid: uuid.UUID | None) -> frozenset[int]:
    """The genres of the track's release. One query; none without a track."""
    if track_uid is None:
        return frozenset()
    return frozenset(Genre.objects.filter(releases__tracks__uid=track_uid).values_list("pk", flat=True))
