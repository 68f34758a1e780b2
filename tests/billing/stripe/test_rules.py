"""What an invoice and a subscription are worth, for shapes that a stand-in's life doesn't come to."""

from datetime import UTC, datetime

import pytest

from billing.rules import State
from billing.stripe.rules import Payment, payment_for, subject_of, terms_of

DAY = 86400
AT = 1_795_608_000


def when(day):
    return datetime.fromtimestamp(AT + day * DAY, UTC)


def line(amount, start, end, *, prorated=False):
    return {
        "amount": amount,
        "period": {"start": AT + start * DAY, "end": AT + end * DAY},
        "parent": {"subscription_item_details": {"proration": prorated}},
    }


def invoice(day, reason, *lines, intent=None):
    paid = [{"status": "paid", "payment": {"payment_intent": intent}}] if intent else []
    return {
        "status": "paid",
        "billing_reason": reason,
        "created": AT + day * DAY,
        "lines": {"data": list(lines)},
        "payments": {"data": paid},
    }


YEARLY = invoice(0, "subscription_create", line(9990, 0, 365), intent="pi_year")


def test_the_newest_period_that_was_paid_counts():
    months = [invoice(day, "subscription_cycle", line(999, day, day + 30), intent=f"pi_{day}") for day in (0, 30)]

    assert payment_for(months) == (when(60), "pi_30")
    assert payment_for(months[::-1]) == (when(60), "pi_30")


def test_what_a_dearer_plan_costs_more_is_no_period():
    difference = invoice(10, "subscription_update", line(500, 10, 30, prorated=True), intent="pi_more")
    month = invoice(0, "subscription_create", line(999, 0, 30), intent="pi_month")

    assert payment_for([difference, month]) == (when(30), "pi_month")


def test_a_plan_that_is_paid_with_what_was_left_is_as_good_as_the_payment_before():
    """From a year to a month: nothing is charged, and a refund of the year takes the month away."""
    change = invoice(10, "subscription_update", line(-9700, 10, 365, prorated=True), line(999, 10, 40))

    assert payment_for([change, YEARLY]) == (when(40), "pi_year")


def test_without_a_paid_invoice_there_is_no_payment():
    assert payment_for([]) == (None, "")
    assert payment_for([{**YEARLY, "status": "open"}]) == (None, "")
    assert payment_for([{**YEARLY, "billing_reason": "manual"}]) == (None, "")


def subscription(**changes):
    item = {"current_period_start": AT, "current_period_end": AT + 30 * DAY, "price": {"id": "price_month"}}
    fields = {"id": "sub_1", "status": "active", "items": {"data": [item]}, "start_date": AT, "livemode": True}
    return {**fields, "trial_end": None, **changes}


def test_a_status_that_nobody_knows_gives_nothing():
    terms = terms_of(subscription(status="dormant"), Payment(), None, when(0))

    assert terms.state is State.UNPAID


@pytest.mark.parametrize(
    ("about", "subject"),
    [
        ({"object": "invoice"}, ""),
        ({"object": "invoice", "id": "in_1"}, "in_1"),
        ({"object": "refund", "id": "re_1", "charge": "ch_1"}, "ch_1"),
        ({"object": "dispute", "id": "dp_1", "charge": None, "payment_intent": "pi_1"}, "pi_1"),
        ({"object": "product", "id": "prod_1"}, ""),
    ],
)
def test_an_event_is_about_what_can_concern_a_subscription(about, subject):
    assert subject_of({"data": {"object": about}}) == subject
