"""Apple's status, dates and flags, where they disagree."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from appstoreserverlibrary.models.AutoRenewStatus import AutoRenewStatus
from appstoreserverlibrary.models.Environment import Environment
from appstoreserverlibrary.models.InAppOwnershipType import InAppOwnershipType
from appstoreserverlibrary.models.JWSRenewalInfoDecodedPayload import JWSRenewalInfoDecodedPayload
from appstoreserverlibrary.models.JWSTransactionDecodedPayload import JWSTransactionDecodedPayload
from appstoreserverlibrary.models.Status import Status

from billing.apple.rules import Last, newest, terms_of
from billing.states import State

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
BOB = uuid.UUID("01890000-0000-7000-8000-000000000001")


def ms(when):
    return int(when.timestamp() * 1000)


def last(status=Status.ACTIVE, *, ends=NOW + 20 * DAY, grace=None, renews=True, renewal=None, **transaction):
    given = {
        "originalTransactionId": "1",
        "productId": "premium.monthly",
        "purchaseDate": ms(NOW - 10 * DAY),
        "originalPurchaseDate": ms(NOW - 40 * DAY),
        "expiresDate": ms(ends),
        "environment": Environment.PRODUCTION,
        "appAccountToken": str(BOB),
    }
    return Last(
        status,
        JWSTransactionDecodedPayload(**{**given, **transaction}),
        JWSRenewalInfoDecodedPayload(
            autoRenewStatus=AutoRenewStatus.ON if renews else AutoRenewStatus.OFF,
            gracePeriodExpiresDate=ms(grace) if grace else None,
            isInBillingRetryPeriod=False,
            **(renewal or {}),
        ),
    )


def test_what_is_active_is_paid_until_its_date():
    terms = terms_of(last(), NOW)

    assert (terms.external_id, terms.product_id, terms.state) == ("1", "premium.monthly", State.ACTIVE)
    assert (terms.starts_at, terms.paid_until) == (NOW - 40 * DAY, NOW + 20 * DAY)
    assert (terms.renews, terms.account, terms.is_sandbox, terms.is_family) == (True, BOB, False, False)


@pytest.mark.parametrize("status", [Status.BILLING_RETRY, Status.BILLING_GRACE_PERIOD, Status.EXPIRED, Status.ACTIVE])
def test_a_grace_period_is_its_date_whatever_the_status_and_the_flag_say(status):
    terms = terms_of(last(status, ends=NOW - DAY, grace=NOW + DAY), NOW)

    assert (terms.state, terms.grace_until) == (State.GRACE, NOW + DAY)


@pytest.mark.parametrize("grace", [None, NOW, NOW - DAY])
def test_without_a_date_in_the_future_there_is_no_grace(grace):
    terms = terms_of(last(Status.BILLING_GRACE_PERIOD, ends=NOW - 5 * DAY, grace=grace), NOW)

    assert (terms.state, terms.grace_until) == (State.UNPAID, None)


def test_a_grace_date_that_is_left_over_does_not_flag_what_is_paid():
    assert terms_of(last(grace=NOW + DAY), NOW).state is State.ACTIVE


def test_a_status_that_we_do_not_know_gives_nothing():
    assert terms_of(last(None), NOW).state is State.UNPAID


@pytest.mark.parametrize(
    ("status", "share", "state"),
    [
        (Status.ACTIVE, None, State.REVOKED),
        (Status.ACTIVE, 100_000, State.REVOKED),
        (Status.ACTIVE, 99_999, State.ACTIVE),
        (Status.REVOKED, 1, State.REVOKED),
        (Status.EXPIRED, 50_000, State.ENDED),
    ],
)
def test_what_is_given_back_as_a_whole_is_revoked(status, share, state):
    terms = terms_of(last(status, revocationDate=ms(NOW - DAY), revocationPercentage=share), NOW)

    assert terms.state is state
    assert (terms.revoked_at, terms.revoked_for) == ((NOW - DAY, "refund") if state is State.REVOKED else (None, ""))


def test_a_family_share_is_nobodys_by_name_and_revoked_for_the_family():
    shared = {"inAppOwnershipType": InAppOwnershipType.FAMILY_SHARED}

    terms = terms_of(last(Status.REVOKED, revocationDate=ms(NOW), **shared), NOW)

    assert (terms.is_family, terms.account, terms.revoked_for) == (True, None, "family")


@pytest.mark.parametrize("token", [None, "", "bob"])
def test_an_account_that_is_no_uuid_is_none(token):
    assert terms_of(last(appAccountToken=token), NOW).account is None


def test_the_account_may_stand_in_the_renewal_alone():
    assert terms_of(last(appAccountToken=None, renewal={"appAccountToken": str(BOB)}), NOW).account == BOB


@pytest.mark.parametrize("status", [Status.EXPIRED, Status.REVOKED])
def test_what_is_over_does_not_renew(status):
    assert terms_of(last(status), NOW).renews is False


@pytest.mark.parametrize("environment", [Environment.SANDBOX, Environment.XCODE, Environment.LOCAL_TESTING, None])
def test_whatever_is_not_production_is_a_sandbox(environment):
    assert terms_of(last(environment=environment), NOW).is_sandbox is True


def test_of_several_the_newest_counts_that_was_not_upgraded():
    old = last(purchaseDate=ms(NOW - 9 * DAY))
    new = last(purchaseDate=ms(NOW - DAY))
    upgraded = last(purchaseDate=ms(NOW), isUpgraded=True)

    assert newest([old, upgraded, new]) is new
    assert newest([upgraded]) is upgraded
    assert newest([]) is None
