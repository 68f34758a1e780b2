"""Whose a purchase is, what it gives, and what happens when there are two."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Mail
from billing.entitlements import entitlements_for
from billing.models import Product, Purchase
from billing.offers.services import refuse_second
from billing.purchases.services import record_terms
from billing.rules import State, Terms
from streaming.lib import clock
from streaming.lib.errors import DomainError

START = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONTH = timedelta(days=30)


@pytest.fixture(autouse=True)
def travel(db):
    with time_machine.travel(START, tick=False) as travel:
        yield travel


@pytest.fixture(autouse=True)
def products(db):
    for provider in ("apple", "stripe"):
        Product.objects.create(provider=provider, external_id="premium", name="Premium", period="month")


def said(user=None, **changes):
    fields = {
        "external_id": "1000",
        "product_id": "premium",
        "state": State.ACTIVE,
        "starts_at": START,
        "paid_until": START + MONTH,
        "renews": True,
        "account": user and user.uid,
    }
    return Terms(**{**fields, **changes})


def write(terms, *, provider="apple", claimant=None):
    return record_terms(provider=provider, terms=terms, at=clock.now(), cause="a test", claimant=claimant)


def tier(user):
    return entitlements_for(user, clock.now()).tier.value


def refusal(terms, claimant):
    with pytest.raises(DomainError) as refused:
        write(terms, claimant=claimant)
    return refused.value.status, refused.value.code.value


def test_a_purchase_is_whose_its_provider_says(bob, charlie):
    write(said(bob))

    assert (tier(bob), tier(charlie)) == ("paid", "free")


def test_a_proof_of_somebody_elses_gives_a_stranger_nothing(bob, charlie):
    write(said(bob))

    assert refusal(said(bob), charlie) == (409, "PURCHASE_OF_ANOTHER")
    assert (tier(bob), tier(charlie)) == ("paid", "free")


def test_a_purchase_for_an_account_that_is_not_here_is_nobody_elses(charlie):
    assert refusal(said(account=uuid.uuid4()), charlie) == (409, "PURCHASE_OF_ANOTHER")


def test_one_that_names_nobody_is_whose_who_shows_it_first(bob):
    write(said())
    assert Purchase.objects.get().user is None

    write(said(), claimant=bob)

    assert tier(bob) == "paid"


def test_one_that_names_nobody_moves_twice_within_ninety_days(travel, bob, charlie):
    write(said(), claimant=bob)
    write(said(), claimant=charlie)
    assert (tier(bob), tier(charlie)) == ("free", "paid")
    write(said(), claimant=bob)

    assert refusal(said(), charlie) == (409, "MOVED_TOO_OFTEN")
    assert (tier(bob), tier(charlie)) == ("paid", "free")
    write(said(), claimant=bob)
    travel.shift(timedelta(days=90))
    write(said(paid_until=clock.now() + MONTH), claimant=charlie)
    assert (tier(bob), tier(charlie)) == ("free", "paid")


def test_both_are_told_of_a_move(bob, charlie):
    write(said(), claimant=bob)
    write(said(), claimant=charlie)

    assert {mail.to for mail in Mail.objects.all()} == {bob.email, charlie.email}


def test_what_its_provider_tells_later_moves_nothing(bob):
    write(said(), claimant=bob)

    write(said(paid_until=START + 2 * MONTH))

    assert Purchase.objects.get().user == bob


def test_writing_the_same_again_changes_nothing(bob):
    for _ in range(3):
        write(said(bob))

    assert Purchase.objects.count() == 1
    assert bob.viewer_version.record_version >= 1


def test_two_stores_at_once_give_the_union_and_an_alarm(travel, bob, caplog):
    write(said(bob))
    write(said(bob, external_id="sub_1", paid_until=START + 2 * MONTH, renews=False), provider="stripe")

    assert "one account pays twice" in caplog.messages
    held = entitlements_for(bob, clock.now())
    assert held.from_providers == ("apple", "stripe")
    travel.shift(MONTH + timedelta(days=1, seconds=1))
    assert (tier(bob), entitlements_for(bob, clock.now()).from_providers) == ("paid", ("stripe",))


def test_who_pays_twice_is_told(api_as, bob):
    write(said(bob))
    write(said(bob, external_id="sub_1"), provider="stripe")

    found = api_as(bob).get("/api/v1/me/subscription").json()

    assert [found["provider"], *found["also_paid_through"]] == ["stripe", "apple"]


def test_an_unknown_product_gives_nothing_and_an_alarm(bob, caplog):
    write(said(bob, product_id="coins"))

    assert tier(bob) == "free"
    assert "a purchase of an unknown product gives nothing" in caplog.messages


@pytest.mark.parametrize(("allowed", "tier_said"), [(False, "free"), (True, "paid")])
def test_a_sandbox_gives_rights_only_where_that_is_set(settings, bob, allowed, tier_said):
    settings.BILLING_SANDBOX = allowed

    write(said(bob, is_sandbox=True))

    assert tier(bob) == tier_said


def test_who_subscribed_at_a_store_is_told_where_to_manage_it(bob):
    write(said(bob))

    with pytest.raises(DomainError) as refused:
        refuse_second(user=bob)

    assert (refused.value.status, refused.value.code.value) == (409, "ALREADY_SUBSCRIBED")
    assert refused.value.members == {"manage_url": "https://apps.apple.com/account/subscriptions"}


def test_a_testers_purchase_in_a_sandbox_neither_shows_nor_stands_in_the_way(settings, api_as, bob):
    settings.BILLING_SANDBOX = False
    write(said(bob, is_sandbox=True))

    assert api_as(bob).get("/api/v1/me/subscription").json()["state"] == "none"
    refuse_second(user=bob)


def test_an_erased_account_gets_nothing_back(bob):
    bob.erased_at = START
    bob.save()

    write(said(bob))

    assert Purchase.objects.get().user is None


def test_who_erased_their_account_may_take_their_purchase_to_a_new_one(bob, charlie):
    bob.erased_at = START
    bob.save()

    write(said(bob), claimant=charlie)

    assert tier(charlie) == "paid"


def test_when_it_was_revoked_stays_what_it_was(travel, bob):
    revoked = {"state": State.REVOKED, "revoked_for": "refund", "renews": False}
    write(said(bob, **revoked, revoked_at=START))
    travel.shift(60)
    write(said(bob, **revoked, revoked_at=clock.now()))
    assert Purchase.objects.get().revoked_at == START

    write(said(bob))
    assert Purchase.objects.get().revoked_at is None
