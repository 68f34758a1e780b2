"""Playability, decided by a pure rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given

from catalog.rights.rules import Audience, Facts, Reason, Terms, playability
from catalog.rights.zones import day_begins, day_in, zone_of
from tests.catalog.rights import strategies

AT = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WORLD = Terms("exclude", frozenset(), "everyone")
OPEN = Facts(
    kind="audio", is_ready=True, explicit=False, announced_at=AT - DAY, released_on=date(2026, 1, 1), rules=(WORLD,)
)
FREE = Audience(market="US", tier="free", hide_explicit=False, at=AT)
PAID = replace(FREE, tier="paid")


def judge(facts=OPEN, audience=FREE, **terms):
    """The answer, with one rule made of the worldwide one and `terms`."""
    return playability(replace(facts, rules=(replace(WORLD, **terms),)) if terms else facts, audience)


def reason(answer):
    return answer.restriction.reason if answer.restriction else None


def test_what_is_open_to_the_world_plays_without_an_end():
    answer = judge()

    assert (answer.is_playable, answer.restriction, answer.available_until) == (True, None, None)


@pytest.mark.parametrize(
    "changed",
    [{"is_ready": False}, {"kind": "ad"}, {"announced_at": None}, {"announced_at": AT + timedelta(seconds=1)}],
)
def test_what_is_unpublished_unannounced_or_an_ad_does_not_exist(changed):
    hidden = replace(OPEN, explicit=True, taken_down_at=AT - DAY, rules=(), **changed)

    assert reason(judge(hidden, replace(FREE, hide_explicit=True))) == Reason.NOT_FOUND


def test_a_takedown_holds_from_its_start():
    assert reason(judge(replace(OPEN, taken_down_at=AT))) == Reason.TAKEN_DOWN
    assert judge(replace(OPEN, taken_down_at=AT + timedelta(seconds=1))).is_playable


def test_without_a_rule_nobody_may_play_it():
    assert reason(judge(replace(OPEN, rules=()))) == Reason.GEO_RESTRICTED


def test_territories_include_or_exclude():
    only_us = {"scope": "include", "territories": frozenset({"US"})}
    not_us = {"scope": "exclude", "territories": frozenset({"US"})}

    assert judge(**only_us).is_playable
    assert reason(judge(audience=replace(FREE, market="DE"), **only_us)) == Reason.GEO_RESTRICTED
    assert reason(judge(**not_us)) == Reason.GEO_RESTRICTED
    assert judge(audience=replace(FREE, market="DE"), **not_us).is_playable


def test_one_instant_starts_and_ends_for_the_whole_world():
    begun = {"starts_at": AT, "ends_at": AT + DAY}

    assert judge(**begun).available_until == AT + DAY
    before = judge(audience=replace(FREE, at=AT - timedelta(seconds=1)), **begun)
    assert (reason(before), before.restriction.available_from) == (Reason.NOT_YET_RELEASED, AT)
    assert reason(judge(audience=replace(FREE, at=AT + DAY), **begun)) == Reason.WINDOW_ENDED


def test_a_local_date_starts_at_midnight_in_each_country():
    """Noon in London is midnight in Auckland (UTC+12 in June), and 8 in the morning in New York."""
    friday = {"starts_on": date(2026, 6, 16)}

    assert judge(audience=replace(FREE, market="NZ"), **friday).is_playable
    waiting = judge(audience=FREE, **friday)
    assert waiting.restriction.available_from == datetime(2026, 6, 16, 4, tzinfo=UTC)


def test_a_local_date_ends_at_midnight_in_each_country():
    last = {"ends_on": date(2026, 6, 16)}

    assert reason(judge(audience=replace(FREE, market="NZ"), **last)) == Reason.WINDOW_ENDED
    assert judge(**last).available_until == datetime(2026, 6, 16, 4, tzinfo=UTC)


def test_nothing_starts_before_the_date_of_its_release():
    """Go-live is the later of release date and start: a label's rule of last year does not leak what comes next."""
    coming = replace(OPEN, released_on=date(2026, 6, 19))

    assert judge(coming).restriction.available_from == datetime(2026, 6, 19, 4, tzinfo=UTC)
    assert reason(judge(coming, starts_at=AT - DAY)) == Reason.NOT_YET_RELEASED
    later = judge(coming, starts_at=AT + 30 * DAY)
    assert later.restriction.available_from == AT + 30 * DAY


def test_a_track_may_come_out_before_its_album_by_a_rule_of_its_own():
    coming = replace(OPEN, released_on=date(2026, 6, 19))

    assert judge(coming, starts_at=AT - DAY, is_own=True).is_playable
    assert reason(judge(coming, is_own=True)) == Reason.NOT_YET_RELEASED


def test_the_paid_tier_unlocks_what_is_for_it():
    free = judge(access="paid")

    assert (reason(free), free.restriction.unlock) == (Reason.NOT_ENTITLED, "paid")
    assert judge(audience=PAID, access="paid").is_playable


def test_a_preview_is_unlocked_by_nothing():
    for audience in (FREE, PAID):
        answer = judge(audience=audience, access="preview")
        assert (reason(answer), answer.restriction.unlock) == (Reason.NOT_ENTITLED, None)


def test_rules_of_one_level_add_up():
    both = replace(OPEN, rules=(replace(WORLD, access="paid"), replace(WORLD, ends_at=AT + DAY)))

    assert judge(both).available_until == AT + DAY
    assert judge(both, PAID).available_until is None


def test_windows_that_follow_one_another_are_one_and_a_gap_is_none():
    def windows(start):
        return replace(
            OPEN, rules=(replace(WORLD, ends_at=AT + DAY), replace(WORLD, starts_at=start, ends_at=AT + 9 * DAY))
        )

    assert judge(windows(AT + DAY)).available_until == AT + 9 * DAY
    assert judge(windows(AT + 2 * DAY)).available_until == AT + DAY


def test_in_a_gap_the_next_window_is_told():
    gap = replace(OPEN, rules=(replace(WORLD, ends_at=AT - DAY), replace(WORLD, starts_at=AT + DAY)))

    assert judge(gap).restriction.available_from == AT + DAY


def test_the_explicit_filter_blocks_what_could_be_played_and_tells_nothing_else():
    explicit, hiding = replace(OPEN, explicit=True), replace(FREE, hide_explicit=True)

    assert reason(judge(explicit, hiding)) == Reason.EXPLICIT_BLOCKED
    assert judge(explicit).is_playable
    assert judge(OPEN, hiding).is_playable


@given(facts=strategies.facts(), audience=strategies.audiences)
def test_an_answer_is_whole(facts, audience):
    answer = playability(facts, audience)

    assert answer.is_playable == (answer.restriction is None)
    if answer.available_until:
        assert answer.available_until > audience.at
        assert playability(facts, replace(audience, at=answer.available_until)) != answer
    if answer.restriction and answer.restriction.available_from:
        assert answer.restriction.available_from > audience.at


@given(facts=strategies.facts(), audience=strategies.audiences)
def test_paying_never_takes_anything_away(facts, audience):
    if playability(facts, replace(audience, tier="free")).is_playable:
        assert playability(facts, replace(audience, tier="paid")).is_playable


@given(facts=strategies.facts(), audience=strategies.audiences)
def test_one_more_rule_never_takes_anything_away(facts, audience):
    if playability(facts, audience).is_playable:
        more = replace(facts, rules=(*facts.rules, replace(WORLD, access="preview", starts_at=AT + DAY)))
        assert playability(more, audience).is_playable


@given(facts=strategies.facts(), audience=strategies.audiences)
def test_it_plays_until_the_moment_that_is_told(facts, audience):
    answer = playability(facts, audience)
    if answer.is_playable and answer.available_until and not (facts.taken_down_at or facts.explicit):
        last = replace(audience, at=answer.available_until - timedelta(microseconds=1))
        assert playability(facts, last).is_playable
        assert not playability(facts, replace(audience, at=answer.available_until)).is_playable


def test_midnight_where_the_clock_skips_it():
    """Chile puts its clocks from midnight to one o'clock on 6 Sep 2026."""
    begins = day_begins("CL", date(2026, 9, 6))

    assert begins == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert day_in("CL", begins) == date(2026, 9, 6)
    assert day_in("CL", begins - timedelta(seconds=1)) == date(2026, 9, 5)


def test_every_country_has_a_zone():
    assert str(zone_of("US")) == "America/New_York"
    assert str(zone_of("NP")) == "Asia/Kathmandu"
    assert zone_of("??") is UTC
