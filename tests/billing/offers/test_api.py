"""What is for sale, to whom and where."""

import pytest

from billing.models import Product


def product(**fields):
    given = {"provider": "stripe", "external_id": "price_1", "name": "Premium", "period": "month"}
    return Product.objects.create(**{**given, "amount": 999, "currency": "USD", **fields})


@pytest.mark.parametrize("rows", [1, 3])
def test_the_offerings_cost_the_same_with_one_and_three_rows(shop, api, django_assert_num_queries, rows):
    for number in range(rows):
        product(external_id=f"price_{number}")

    with django_assert_num_queries(1):
        answer = api.get("/api/v1/offerings")

    assert len(answer.json()["results"]) == rows


def test_an_offering_says_what_it_costs(shop, api):
    sold = product(trial_days=7)

    [row] = api.get("/api/v1/offerings", {"platform": "web"}).json()["results"]

    assert row == {
        "uid": str(sold.uid),
        "provider": "stripe",
        "external_id": "price_1",
        "name": "Premium",
        "tier": "paid",
        "period": "month",
        "price": {"amount": 999, "currency": "USD"},
        "trial_days": 7,
    }


def test_only_what_is_for_sale_here_is_offered_in_its_order(shop, api, settings):
    settings.DEFAULT_MARKET = "DE"
    for uid, fields in {
        "later": {"rank": 2},
        "first": {"rank": 1, "markets": ["AT", "DE"]},
        "elsewhere": {"markets": ["US"]},
        "withdrawn": {"is_offered": False},
        "of another store": {"provider": "apple"},
    }.items():
        product(external_id=uid, **fields)

    rows = api.get("/api/v1/offerings").json()["results"]

    assert [row["external_id"] for row in rows] == ["first", "later"]


def test_a_provider_without_keys_is_not_offered(shop, api, settings):
    product()
    settings.STRIPE_SECRET_KEY = ""

    assert api.get("/api/v1/offerings").json()["results"] == []


def test_an_unknown_platform_is_refused(shop, api):
    answer = api.get("/api/v1/offerings", {"platform": "fridge"})

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
