"""Giving breaks, counting what was heard, and following clicks; no campaign ever gets more than its budget.

An ad that is given takes a **hold** on its campaign's budget. A confirmation turns the hold into a delivery; a hold
that nobody confirms is released after ten minutes.
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from billing.viewer import Viewer
from catalog.ingest.models import Asset
from catalog.music.rules import playback_gain_db
from playback.ads import queries, rules
from playback.ads.models import Campaign, Impression
from playback.ads.tokens import BadSignature, read_click, read_impression, write_click, write_impression
from playback.ads.turns import give_back, take_turn
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError, FieldProblem
from streaming.lib.links import MediaLink, media_link, sign_asset

ENTRY_FILE = "main.m3u8"
BANNER_FILE = "1000.webp"
RELEASE_BATCH = 500


@dataclass(frozen=True)
class Ad:
    """What a player needs: `impression` confirms it, `click` is the token of its redirect where there is one."""

    impression: str
    kind: str
    link: MediaLink
    duration_ms: int
    gain_db: float
    advertiser: str
    title: str
    banner: str | None
    click: str | None


def cadence() -> rules.Cadence:
    return rules.Cadence(
        tracks=settings.ADS_EVERY_TRACKS,
        listened_ms=settings.ADS_EVERY_MINUTES * 60_000,
        apart=timedelta(seconds=settings.ADS_SECONDS_APART),
    )


def give_break(*, viewer: Viewer, tracks: int, listened_ms: int, track_uid: uuid.UUID | None) -> Ad | None:
    """The ad of the break that is due, if one is due and there is one; its campaign's budget is held for it.

    Who is ad-free at this moment gets none. Of requests at once by one account, one gets an ad.
    """
    due = rules.is_due(cadence(), tracks=tracks, listened_ms=listened_ms)
    if viewer.entitlements.ad_free or not due or viewer.user_uid is None:
        return None
    at = clock.now()
    if not take_turn(viewer.user_uid, at=at, apart=cadence().apart):
        return None
    creatives = queries.eligible_creatives(at)
    if not creatives:
        give_back(viewer.user_uid)
        return None
    context = rules.Context(
        at=at,
        market=viewer.market,
        genres=queries.genres_beside(track_uid),
        tracks=tracks,
        listened_ms=listened_ms,
        history=queries.history_of(viewer, at),
        cadence=cadence(),
        seed=f"{viewer.user_uid} {at.isoformat()}",
    )
    impression = _hold_one(viewer, context, creatives)
    if impression is None:
        give_back(viewer.user_uid)
        return None
    return _render(viewer.user_uid, impression, creatives[impression.creative_id])


def _hold_one(viewer: Viewer, context: rules.Context, creatives: dict[int, Any]) -> Impression | None:
    """An impression of the best ad whose budget is still there; others may take the last of it meanwhile."""
    candidates = [queries.candidate_of(creative) for creative in creatives.values()]
    while (chosen := rules.choose_ad(context, candidates)) is not None:
        impression = _hold(viewer, chosen, context.at)
        if impression is not None:
            return impression
        candidates = [one for one in candidates if one.campaign_id != chosen.campaign_id]
    return None


@transaction.atomic
def _hold(viewer: Viewer, chosen: rules.Candidate, at: datetime) -> Impression | None:
    """One UPDATE looks at the budget and takes from it, so that no two take the last of it."""
    left = Campaign.objects.with_budget_left().filter(pk=chosen.campaign_id, is_active=True)
    if not left.update(held=F("held") + 1):
        return None
    return Impression.objects.create(
        campaign_id=chosen.campaign_id,
        creative_id=chosen.creative_id,
        listener_id=viewer.known_user_id,
        market=viewer.market,
        held_at=at,
        expires_at=at + rules.HOLD,
    )


def _render(user_uid: uuid.UUID, impression: Impression, creative: Any) -> Ad:
    issued_at = int(impression.held_at.timestamp())
    base_url, key = settings.MEDIA_BASE_URL, settings.MEDIA_LINK_KEYS[0]
    banner = None
    if creative.banner_uid is not None:
        # By the hour, as covers: a browser keeps its copy.
        hour = issued_at // 3600 * 3600
        signed = sign_asset(base_url=base_url, key=key, asset=creative.banner_uid, issued_at=hour)
        banner = signed.url(BANNER_FILE)
    return Ad(
        impression=write_impression(impression_uid=impression.uid, user_uid=user_uid),
        kind="video" if creative.asset_quality == Asset.Quality.VIDEO else "audio",
        link=media_link(base_url=base_url, key=key, asset=creative.asset_uid, file=ENTRY_FILE, issued_at=issued_at),
        duration_ms=creative.recording.duration_ms or 0,
        gain_db=playback_gain_db(loudness_lufs=creative.loudness_lufs, true_peak_db=creative.true_peak_db),
        advertiser=creative.campaign.advertiser.name,
        title=creative.recording.title,
        banner=banner,
        click=write_click(impression_uid=impression.uid) if creative.campaign.click_url else None,
    )


@transaction.atomic
def count_impression(*, user_id: int, user_uid: uuid.UUID, token: str, listened_ms: int) -> bool:
    """Whether the impression is counted now or was before; it counts once, however often and late this is called.

    The row's lock lets confirmations wait for each other. Raises NOT_FOUND for what is not this user's.
    """
    impression = _impression_of(user_id, user_uid, token)
    at = clock.now()
    if impression.counted_at is not None:
        return True
    duration_ms = impression.creative.recording.duration_ms or 0
    heard = rules.is_heard(listened_ms=listened_ms, duration_ms=duration_ms, held_at=impression.held_at, at=at)
    if not heard or rules.is_too_late(held_at=impression.held_at, at=at) or not _deliver(impression):
        return False
    impression.counted_at = at
    impression.save(update_fields=["counted_at"])
    return True


def _impression_of(user_id: int, user_uid: uuid.UUID, token: str) -> Impression:
    """The user's impression, locked."""
    try:
        named = read_impression(token)
    except BadSignature:
        raise _no_impression() from None
    if named.user_uid != user_uid:
        raise _no_impression()
    rows = Impression.objects.select_for_update(of=("self",)).select_related("creative__recording")
    impression = rows.filter(uid=named.impression_uid, listener=user_id).first()
    if impression is None:
        raise _no_impression()
    return impression


def _no_impression() -> DomainError:
    sentence = "There is no such impression of yours."
    problem = FieldProblem("/impression", Code.NOT_FOUND, sentence)
    return DomainError(Code.NOT_FOUND, sentence, status=404, problems=(problem,))


def _deliver(impression: Impression) -> bool:
    """Turn the hold into a delivery; without a hold any more, take from what is left of the budget, if anything is."""
    campaign = Campaign.objects.filter(pk=impression.campaign_id)
    if impression.released_at is None:
        return bool(campaign.update(held=F("held") - 1, delivered=F("delivered") + 1))
    return bool(campaign.with_budget_left().update(delivered=F("delivered") + 1))


def follow_click(*, token: str, counted: bool) -> str:
    """Where the banner of this impression leads: the address that its campaign has now. The first click is counted.

    Raises NOT_FOUND. With `counted` false, as for HEAD, nothing is written.
    """
    nowhere = DomainError(Code.NOT_FOUND, "This link leads nowhere.", status=404)
    try:
        uid = read_click(token)
    except BadSignature:
        raise nowhere from None
    impression = Impression.objects.select_related("campaign").filter(uid=uid).first()
    if impression is None or not impression.campaign.click_url:
        raise nowhere
    if counted and impression.clicked_at is None:
        _count_click(impression)
    return impression.campaign.click_url


@transaction.atomic
def _count_click(impression: Impression) -> None:
    if Impression.objects.filter(pk=impression.pk, clicked_at=None).update(clicked_at=clock.now()):
        Campaign.objects.filter(pk=impression.campaign_id).update(clicks=F("clicks") + 1)


def release_expired() -> int:
    """Give back what was held for impressions that nobody confirmed; returns how many. Safe when two run at once."""
    released = 0
    while batch := _release_batch(clock.now()):
        released += batch
    return released


@transaction.atomic
def _release_batch(at: datetime) -> int:
    expired = Impression.objects.open().filter(expires_at__lte=at).order_by("pk")
    # What a confirmation has locked is being counted. Campaigns come after impressions there, too, and in one order
    # here: nobody waits in a circle.
    locked = expired.select_for_update(skip_locked=True)[:RELEASE_BATCH]
    found = dict(locked.values_list("pk", "campaign_id"))
    Impression.objects.filter(pk__in=found).update(released_at=at)
    for campaign_id, count in sorted(Counter(found.values()).items()):
        Campaign.objects.filter(pk=campaign_id).update(held=F("held") - count)
    return len(found)
