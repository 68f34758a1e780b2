from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules import ALLOWANCE, FLAGGED_AFTER, Entitlements, State, Tier, fold

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


@dataclass(frozen=True)
class Bought:
    state: State = State.ACTIVE
    starts_at: datetime = NOW - timedelta(days=10)
    paid_until: datetime | None = NOW + timedelta(days=20)
    grace_until: datetime | None = None
    renews: bool = True
    provider: str = "stripe"
    grants_rights: bool = True


@st.composite
def purchases(draw):
    return Bought(
        state=draw(st.sampled_from(list(State))),
        starts_at=draw(hours),
        paid_until=draw(st.none() | hours),
        grace_until=draw(st.none() | hours),
        renews=draw(st.booleans()),
        provider=draw(st.sampled_from(["stripe", "apple", "google"])),
        grants_rights=draw(st.booleans()),
    )


def test_nobody_has_nothing():
    assert fold([], [], NOW) == Entitlements(tier=Tier.FREE, slots=1)


def test_a_grant_gives_the_paid_rights_until_it_ends():
    end = NOW + timedelta(days=3)

    given_now = fold([Terms(NOW, end)], [], NOW)

    assert (given_now.tier, given_now.ad_free, given_now.offline) == (Tier.PAID, True, True)
    assert (given_now.valid_until, given_now.ends_at) == (end, end)
    assert fold([Terms(NOW, end)], [], end).tier == Tier.FREE


def test_a_grant_to_come_says_when_to_ask_again():
    start = NOW + timedelta(hours=1)

    assert fold([Terms(start)], [], NOW) == Entitlements(tier=Tier.FREE, slots=1, valid_until=start)


def test_an_endless_grant_has_no_end_although_another_ends():
    folded = fold([Terms(NOW), Terms(NOW, NOW + timedelta(days=1))], [], NOW)

    assert folded.ends_at is None
    assert folded.valid_until == NOW + timedelta(days=1)


def test_a_revoked_grant_gives_nothing():
    assert fold([Terms(NOW - timedelta(days=1), revoked_at=NOW)], [], NOW).tier == Tier.FREE


@given(st.lists(terms(), max_size=6), st.lists(purchases(), max_size=4), st.randoms(use_true_random=False), hours)
def test_order_and_repetition_change_nothing(grants, bought, random, at):
    shuffled = [*grants, random.choice(grants)] if grants else []
    random.shuffle(shuffled)

    assert fold(shuffled, bought[::-1], at) == fold(grants, bought * 2, at)


@given(st.lists(terms(), max_size=6), st.lists(purchases(), max_size=4), hours)
def test_the_answer_holds_until_it_must_be_asked_again(grants, bought, at):
    grants = [Terms(g.starts_at, g.ends_at) for g in grants]
    answer = fold(grants, bought, at)
    just_before = (answer.valid_until or at + timedelta(days=9)) - timedelta(seconds=1)

    if just_before > at:
        assert fold(grants, bought, just_before) == answer


@pytest.mark.parametrize("state", [State.ACTIVE, State.TRIALING])
def test_a_purchase_gives_the_paid_rights(state):
    held = fold([], [Bought(state)], NOW)

    assert (held.tier, held.ad_free, held.from_providers) == (Tier.PAID, True, ("stripe",))
    assert (held.ends_at, held.payment_problem) == (None, False)


@pytest.mark.parametrize("state", [State.UNPAID, State.PAUSED, State.INCOMPLETE, State.ENDED, State.REVOKED])
def test_these_states_give_nothing(state):
    assert fold([], [Bought(state, grace_until=NOW + timedelta(days=1))], NOW).tier == Tier.FREE


def test_what_does_not_renew_ends_to_the_second():
    end = NOW + timedelta(days=20)
    held = fold([], [Bought(renews=False)], NOW)

    assert (held.ends_at, held.valid_until) == (end, end)
    assert fold([], [Bought(renews=False)], end - timedelta(seconds=1)).tier == Tier.PAID
    assert fold([], [Bought(renews=False)], end).tier == Tier.FREE


def test_without_news_of_a_renewal_access_goes_on_a_day_flagged():
    end = NOW + timedelta(days=20)
    late = [Bought()]

    assert not fold([], late, end).payment_problem
    assert fold([], late, end + FLAGGED_AFTER).payment_problem
    assert fold([], late, end + ALLOWANCE - timedelta(seconds=1)).tier == Tier.PAID
    assert fold([], late, end + ALLOWANCE).tier == Tier.FREE


def test_grace_is_flagged_and_ends():
    in_grace = [Bought(State.GRACE, grace_until=NOW + timedelta(days=7))]
    held = fold([], in_grace, NOW)

    assert (held.tier, held.payment_problem, held.ends_at) == (Tier.PAID, True, NOW + timedelta(days=7))
    assert fold([], in_grace, NOW + timedelta(days=7)).tier == Tier.FREE


def test_two_providers_give_the_union_and_both_are_named():
    ends = Bought(renews=False, provider="apple")
    held = fold([], [Bought(), ends], NOW)

    assert (held.from_providers, held.ends_at) == (("apple", "stripe"), None)


def test_a_right_without_a_problem_hides_the_problem_of_another():
    assert not fold([], [Bought(State.GRACE, grace_until=NOW + timedelta(days=7)), Bought()], NOW).payment_problem


def test_what_grants_no_rights_gives_nothing():
    """A sandbox's purchase, or an unknown product."""
    assert fold([], [Bought(grants_rights=False)], NOW).tier == Tier.FREE
