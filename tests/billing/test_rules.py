from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.rules import Entitlements, Tier, fold

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Terms:
    starts_at: datetime
    ends_at: datetime | None = None
    revoked_at: datetime | None = None


hours = st.integers(-100, 100).map(lambda n: NOW + timedelta(hours=n))


@st.composite
def terms(draw):
    starts = draw(hours)
    ends = draw(st.none() | st.integers(1, 100).map(lambda n: starts + timedelta(hours=n)))
    return Terms(starts, ends, draw(st.none() | hours))


def test_nobody_has_nothing():
    assert fold([], NOW) == Entitlements(tier=Tier.FREE, slots=1)


def test_a_grant_gives_the_paid_rights_until_it_ends():
    end = NOW + timedelta(days=3)

    given_now = fold([Terms(NOW, end)], NOW)

    assert (given_now.tier, given_now.ad_free, given_now.offline) == (Tier.PAID, True, True)
    assert (given_now.valid_until, given_now.ends_at) == (end, end)
    assert fold([Terms(NOW, end)], end).tier == Tier.FREE


def test_a_grant_to_come_says_when_to_ask_again():
    start = NOW + timedelta(hours=1)

    assert fold([Terms(start)], NOW) == Entitlements(tier=Tier.FREE, slots=1, valid_until=start)


def test_an_endless_grant_has_no_end_although_another_ends():
    folded = fold([Terms(NOW), Terms(NOW, NOW + timedelta(days=1))], NOW)

    assert folded.ends_at is None
    assert folded.valid_until == NOW + timedelta(days=1)


def test_a_revoked_grant_gives_nothing():
    assert fold([Terms(NOW - timedelta(days=1), revoked_at=NOW)], NOW).tier == Tier.FREE


@given(st.lists(terms(), max_size=6), st.randoms(use_true_random=False), hours)
def test_order_and_repetition_change_nothing(grants, random, at):
    shuffled = [*grants, random.choice(grants)] if grants else []
    random.shuffle(shuffled)

    assert fold(shuffled, at) == fold(grants, at)


@given(st.lists(terms(), max_size=6), hours)
def test_the_answer_holds_until_it_must_be_asked_again(grants, at):
    grants = [Terms(g.starts_at, g.ends_at) for g in grants]
    answer = fold(grants, at)
    just_before = (answer.valid_until or at + timedelta(days=9)) - timedelta(seconds=1)

    if just_before > at:
        assert fold(grants, just_before).tier == answer.tier
