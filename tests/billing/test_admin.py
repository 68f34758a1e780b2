"""What support and operators see and do about who pays."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin

from accounts.audit.models import AuditEntry
from accounts.models import User
from accounts.roles.services import make_staff
from billing.models import Grant, Product, ProviderEvent, Subscriber
from tests.billing.conftest import START
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD


@pytest.fixture
def support(db, staff_as):
    make_staff(email="support@example.com", password=PASSWORD, role="support")
    return staff_as(User.objects.get(email="support@example.com"))


@pytest.fixture
def operator(db, staff_as):
    make_staff(email="op@example.com", password=PASSWORD, role="operator")
    return staff_as(User.objects.get(email="op@example.com"))


def why(client, user):
    answer = client.get(f"/admin/billing/subscriber/{user.pk}/change/")
    assert answer.status_code == 200
    context = answer.context
    return context["why"], [(entry.kind, entry.text) for entry in context["timeline"]]


def test_who_has_nothing_is_free_because_of_that(support, bob):
    assert why(support, bob) == (["Free now.", "There is no purchase and no grant in force."], [])


def test_the_page_tells_a_life(shop, support, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    shop.advance(days=1)
    shop.stripe.refund(uid)
    shop.tell()

    said, timeline = why(support, bob)

    assert said == ["Free now.", f"Stripe {uid}: gives nothing, because it is revoked."]
    kinds = [kind for kind, _ in timeline]
    assert {"purchase", "event", "rights"} == set(kinds)
    assert ("purchase", f"Stripe {uid} was revoked: refund.") in timeline
    rights = [text for kind, text in timeline if kind == "rights"]
    assert [text.split(",")[0] for text in rights] == ["Version 2: free", "Version 1: paid"]


def test_an_event_about_a_charge_is_in_its_subscribers_timeline(shop, support, api_as, bob, charlie, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.refund(uid)
    shop.tell()

    told = [text for kind, text in why(support, bob)[1] if kind == "event"]

    assert any(text.startswith("Stripe charge.refunded") for text in told)
    assert not why(support, charlie)[1]


def test_an_event_that_waits_says_so(shop, support, api_as, bob, month):
    uid = shop.buy(api_as(bob), month)
    shop.tell()
    shop.stripe.answers = False
    shop.stripe.update(uid, {"cancel_at_period_end": "true"})
    shop.tell()

    [text] = [text for kind, text in why(support, bob)[1] if "waiting" in text]

    assert "waiting, 1 tries. APIError: Stripe is away." in text


def test_support_gives_a_grant_with_a_reason_and_an_end(shop, support, bob):
    page = support.get(f"/admin/billing/grant/add/?user={bob.pk}")
    assert page.context["adminform"].form.initial["user"] == str(bob.pk)
    form = {
        "user": bob.pk,
        "reason": "staff",
        "note": "An outage on the 24th",
        "starts_at_0": "2026-11-25",
        "starts_at_1": "12:00:00",
        "ends_at_0": "2026-12-01",
        "ends_at_1": "00:00:00",
    }

    answer = support.post("/admin/billing/grant/add/", form)

    assert answer.status_code == 302, answer.context["errors"]
    assert shop.tier(bob) == "paid"
    assert why(support, bob)[0][0] == "Paid now until 01 Dec 2026 00:00 UTC."
    assert AuditEntry.objects.filter(event="staff_action", user_uid=bob.uid).exists()
    shop.advance_to(START + timedelta(days=6))
    assert shop.tier(bob) == "free"


def test_support_revokes_a_grant_and_can_delete_none(shop, support, alice):
    grant = Grant.objects.get(user=alice)

    support.post("/admin/billing/grant/", {"action": "revoke", "_selected_action": [grant.pk]})

    assert shop.tier(alice) == "free"
    assert support.post(f"/admin/billing/grant/{grant.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Grant.objects.get(user=alice).revoked_at == START


def test_operators_say_what_is_for_sale_and_its_identity_stays(operator, month):
    page = f"/admin/billing/product/{month.pk}/change/"
    form = {"name": "Premium", "period": "month", "amount": 1099, "currency": "USD", "trial_days": 0, "rank": 0}

    operator.post(page, {**form, "external_id": "price_year", "provider": "apple", "is_offered": "on"})

    month.refresh_from_db()
    assert (month.amount, month.external_id, month.provider) == (1099, "price_month", "stripe")


@pytest.mark.parametrize(
    ("field", "value"),
    [("currency", "usd"), ("currency", ""), ("amount", -1), ("markets", "Germany"), ("period", "day")],
)
def test_a_product_that_makes_no_sense_is_refused(operator, field, value):
    form = {
        "provider": "stripe", "external_id": "price_1", "name": "Premium", "tier": "paid", "period": "month",
        "amount": 999, "currency": "USD", "trial_days": 0, "rank": 0, field: value,
    }  # fmt: skip

    answer = operator.post("/admin/billing/product/add/", form)

    assert answer.status_code == 200
    assert answer.context["errors"]
    assert not Product.objects.exists()


def test_nobody_writes_purchases_events_or_history_by_hand(operator, support):
    for client in (operator, support):
        for model in ("purchase", "providerevent", "subscriber"):
            assert client.get(f"/admin/billing/{model}/add/").status_code == 403


def test_no_table_of_the_mirror_is_in_the_admin_and_so_no_key_is(superuser_client):
    registered = {model for site in admin.sites.all_sites for model in site._registry}

    assert not registered & set(apps.get_app_config("djstripe").get_models())
    assert {Subscriber, ProviderEvent} <= registered
    assert superuser_client.get("/admin/djstripe/apikey/").status_code == 404


@pytest.fixture
def superuser_client(db, staff_as):
    return staff_as(UserFactory(is_staff=True, is_superuser=True))
