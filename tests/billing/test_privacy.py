"""What billing says of a person in an export, and what is left when they are erased."""

import pytest
from djstripe.models import Customer

from accounts.privacy.registry import sections
from accounts.privacy.services import erase_user
from billing.models import Checkout, ProviderEvent, Purchase
from billing.stripe.privacy import without_person
from tests.accounts.privacy.test_erasure import EMAIL, NAME, found_in_database
from tests.billing.conftest import START
from tests.factories import UserFactory
from tests.fakes.stripe import delivery


@pytest.fixture
def person(db):
    return UserFactory(email=EMAIL, display_name=NAME)


def test_an_export_says_what_was_bought_and_what_it_gave(shop, api_as, person, month):
    uid = shop.buy(api_as(person), month)
    shop.tell()

    [purchase] = sections()["purchases"](person)
    [version] = sections()["entitlement_history"](person)

    assert (purchase["external_id"], purchase["product__name"], purchase["state"]) == (uid, "Premium", "active")
    assert (version["tier"], version["at"]) == ("paid", START)


def test_erasing_removes_the_person_from_the_mirror_and_from_stripe(shop, api_as, person, month):
    uid = shop.buy(api_as(person), month)
    shop.tell()
    # As dj-stripe's own commands do, that operators may run.
    Customer.sync_from_stripe_data(Customer.objects.get().api_retrieve())
    assert "djstripe_customer.stripe_data" in found_in_database()

    erase_user(user=person)
    assert found_in_database() == []
    shop.work()
    shop.tell()

    assert found_in_database() == []
    assert shop.stripe.objects[uid]["status"] == "canceled"
    assert [customer["deleted"] for customer in shop.stripe.all_of("customer")] == [True]
    assert Purchase.objects.get().user is None
    assert not Checkout.objects.exists()


def test_stripe_forgets_even_if_it_was_away_at_first(shop, api_as, person, month):
    shop.buy(api_as(person), month)
    shop.tell()
    shop.stripe.answers = False
    erase_user(user=person)
    shop.work()
    [waiting] = ProviderEvent.objects.filter(processed_at=None)
    assert waiting.attempts == 1

    shop.stripe.answers = True
    shop.work()
    shop.tell()

    assert [customer.get("deleted") for customer in shop.stripe.all_of("customer")] == [True]
    assert found_in_database() == []


def test_another_event_about_the_customer_does_not_pass_for_the_erasing(shop, api_as, person, month):
    shop.buy(api_as(person), month)
    shop.stripe.undelivered = [event for event in shop.stripe.undelivered if event["type"] == "customer.created"]
    delivery.flush(shop.stripe, shop.deliver)
    erase_user(user=person)

    # Both wait, and the customer's own event is worked off first.
    shop.advance(seconds=1)
    shop.work()

    assert [customer.get("deleted") for customer in shop.stripe.all_of("customer")] == [True]


def test_erasing_twice_asks_stripe_once(shop, api_as, person, month):
    shop.buy(api_as(person), month)
    shop.tell()

    erase_user(user=person)
    erase_user(user=person)
    shop.work()

    assert len([asked for asked in shop.stripe.requests if asked.startswith("DELETE customers")]) == 1


def test_an_event_is_kept_without_who_it_is_about():
    event = {"data": {"object": {"id": "in_1", "customer_email": "a@b.c", "lines": [{"id": "il_1", "name": "A"}]}}}

    assert without_person(event) == {
        "data": {"object": {"id": "in_1", "customer_email": None, "lines": [{"id": "il_1", "name": None}]}}
    }
