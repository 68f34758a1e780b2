"""What a SubscriptionPurchaseV2 is worth, as far as the states' own tests don't say."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.google.rules import Malformed, notification_of, terms_of
from billing.states import State

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)


def item(expiry="2026-12-25T12:00:00Z", product="premium", **fields):
    made = {"productId": product, "autoRenewingPlan": {"autoRenewEnabled": True}, **fields}
    return made | ({"expiryTime": expiry} if expiry else {})


def terms(*items, **fields):
    found = {"subscriptionState": "SUBSCRIPTION_STATE_ACTIVE", "lineItems": list(items) or [item()], **fields}
    return terms_of("token", found, AT)


def test_an_item_that_begins_at_the_renewal_does_not_count_yet():
    later = item(expiry=None, product="cheaper")

    for items in ([item(), later], [later, item()]):
        said = terms(*items)
        assert (said.product_id, said.paid_until) == ("premium", datetime(2026, 12, 25, 12, tzinfo=UTC))


def test_of_several_items_the_one_that_lasts_longest_counts():
    assert terms(item("2026-12-01T00:00:00Z", "short"), item("2027-01-01T00:00:00Z", "long")).product_id == "long"


def test_the_product_is_named_with_its_base_plan():
    assert terms(item(offerDetails={"basePlanId": "monthly"})).product_id == "premium:monthly"


def test_a_prepaid_plan_does_not_renew():
    assert not terms({"productId": "premium", "expiryTime": "2026-12-25T12:00:00Z", "prepaidPlan": {}}).renews


def test_times_have_any_number_of_digits():
    assert terms(item("2026-12-25T12:00:00.123456789Z")).paid_until == datetime(2026, 12, 25, 12, 0, 0, 123456, UTC)


def test_a_state_that_google_may_invent_gives_nothing():
    assert terms(subscriptionState="SUBSCRIPTION_STATE_OF_MIND").state is State.UNPAID


def test_a_purchase_in_googles_own_pages_is_for_the_account_of_the_last_one():
    account = uuid.uuid4()
    outside = {
        "expiredExternalAccountIdentifiers": {"obfuscatedExternalAccountId": str(account)},
        "expiredPurchaseToken": "older",
    }

    said = terms(outOfAppPurchaseContext=outside)

    assert (said.account, said.replaces) == (account, "older")


@pytest.mark.parametrize("state", ["PENDING", "PENDING_PURCHASE_CANCELED"])
def test_what_never_began_replaces_nothing(state):
    said = terms(item(expiry=None), subscriptionState=f"SUBSCRIPTION_STATE_{state}", linkedPurchaseToken="older")

    assert (said.replaces, said.renews, said.starts_at) == ("", False, AT)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_whatever_is_pushed_is_a_notification_or_malformed(body):
    with pytest.raises(Malformed):
        notification_of(body)
