"""The catalogue as somebody hears it at another time, and who gains or loses what between two."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.db.models import Q, QuerySet

from catalog.music.models import Release, Track
from catalog.music.validators import territories
from catalog.rights.explain import outcome
from catalog.rights.models import Rule, Takedown
from catalog.rights.queries import facts_of, rights_annotations
from catalog.rights.rules import NOT_BROWSABLE, Audience, Facts, Playability, Reason, playability

TIERS = ("free", "paid")
PAGE = 50
# A local date begins somewhere up to 14 hours before and 12 after it does at UTC.
WORLD = timedelta(days=1)


class Standing(IntEnum):
    """What a track is to somebody, from the least to the most."""

    ABSENT = 0
    GREYED = 1
    PREVIEW = 2
    PLAYS = 3


WORDS = {
    Standing.ABSENT: "is absent",
    Standing.GREYED: "is greyed",
    Standing.PREVIEW: "plays its preview",
    Standing.PLAYS: "plays",
}


@dataclass(frozen=True)
class Seen:
    track: Track
    standing: Standing
    words: str


@dataclass(frozen=True)
class Change:
    """What becomes of a track for some audiences: `who` names them in words."""

    track: Track
    gains: bool
    who: str
    before: str
    after: str


def standing_of(answer: Playability) -> Standing:
    if answer.restriction is None:
        return Standing.PLAYS
    if answer.restriction.reason == Reason.NOT_ENTITLED:
        return Standing.PREVIEW
    return Standing.ABSENT if answer.restriction.reason in NOT_BROWSABLE else Standing.GREYED


def catalogue_at(tracks: QuerySet[Track], audience: Audience, *, page: int) -> list[Seen]:
    """A page of the tracks as this audience has them; one more than a page when there are more."""
    seen = []
    for track in _judged(tracks, page):
        answer = playability(facts_of(track), audience)
        seen.append(Seen(track, standing_of(answer), outcome(answer)))
    return seen


def changes_between(
    tracks: QuerySet[Track], first: datetime, last: datetime, *, markets: Sequence[str], tiers: Sequence[str], page: int
) -> tuple[list[Change], bool]:
    """What changes for whom, by rules, release dates, announcements and takedowns; and whether there is a next page.

    A page looks at tracks with something that begins or ends in between; for some the audience asked for does not care.
    """
    rows = list(_judged(_touched(tracks, first, last), page))
    found: list[Change] = []
    for track in rows[:PAGE]:
        found += _changes_of(track, first, last, markets, tiers)
    return found, len(rows) > PAGE


def _judged(tracks: QuerySet[Track], page: int) -> QuerySet[Any]:
    """A page of the tracks and one more, with what they are judged by."""
    # The page first: a plan that sorts would judge every track that was found.
    keys = list(tracks.order_by("-pk").values_list("pk", flat=True)[page * PAGE : (page + 1) * PAGE + 1])
    rows = Track.objects.filter(pk__in=keys).select_related("recording", "release__label").order_by("-pk")
    return rows.annotate(**rights_annotations())


def _touched(tracks: QuerySet[Track], first: datetime, last: datetime) -> QuerySet[Track]:
    """Asked for from the side of what begins or ends, which is little: the other way each track would be looked at."""
    moments, days = (first, last), ((first - WORLD).date(), (last + WORLD).date())
    rules = Rule.objects.filter(
        Q(starts_at__range=moments) | Q(ends_at__range=moments) | Q(starts_on__range=days) | Q(ends_on__range=days)
    )
    releases = Release.objects.filter(Q(announced_at__range=moments) | Q(released_on__range=days))
    cases = Takedown.objects.filter(restored_at=None, starts_at__range=moments)
    ways = (
        {"pk__in": rules.values("track")},
        {"release__in": rules.values("release")},
        {"release__label__in": rules.values("label")},
        {"release__in": releases.values("pk")},
        {"release__in": cases.values("release")},
        {"recording__in": cases.values("recording")},
    )
    found = [Track.objects.filter(**way).order_by().values("pk") for way in ways]
    return tracks.filter(pk__in=found[0].union(*found[1:]))


def _changes_of(
    track: Any, first: datetime, last: datetime, markets: Sequence[str], tiers: Sequence[str]
) -> Iterable[Change]:
    facts = facts_of(track)
    groups: dict[tuple[Standing, Standing], list[tuple[str, str]]] = defaultdict(list)
    for market in markets:
        for tier in tiers:
            before, after = (_standing(facts, market, tier, at) for at in (first, last))
            if before != after:
                groups[before, after].append((market, tier))
    for (before, after), audiences in groups.items():
        who = name_audiences(audiences, markets, tiers)
        yield Change(track, after > before, who, WORDS[before], WORDS[after])


def _standing(facts: Facts, market: str, tier: str, at: datetime) -> Standing:
    audience = Audience(market=market, tier=tier, hide_explicit=False, at=at)
    return standing_of(playability(facts, audience))


def name_audiences(audiences: Sequence[tuple[str, str]], markets: Sequence[str], tiers: Sequence[str]) -> str:
    """“Free and paid in DE, FR”; “free everywhere” of those that were asked for."""
    by_tiers: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for market in markets:
        held = tuple(tier for tier in tiers if (market, tier) in set(audiences))
        if held:
            by_tiers[held].append(market)
    parts = [f"{' and '.join(held)} {_where(named, markets)}" for held, named in by_tiers.items()]
    return "; ".join(parts)


def _where(named: list[str], asked: Sequence[str]) -> str:
    if len(named) == len(asked) and len(asked) > 1:
        return "everywhere"
    if len(named) > len(asked) / 2 and len(asked) > 20:
        rest = [market for market in asked if market not in named]
        return f"everywhere but {_list(rest)}"
    return f"in {_list(named)}"


def _list(codes: list[str]) -> str:
    shown = ", ".join(codes[:12])
    return shown if len(codes) <= 12 else f"{shown} and {len(codes) - 12} more"


def every_market() -> list[str]:
    return sorted(territories())
