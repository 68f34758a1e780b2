"""From free to Premium, in a real browser: pricing, Stripe's stand-in, the way back, and what can be changed."""

import pytest

from billing.models import Product, ProviderEvent, Purchase
from billing.purchases import events
from tests.e2e.test_pages import check_page, sized_page  # noqa: F401  a fixture
from tests.factories import UserFactory
from tests.factories.accounts import PASSWORD
from tests.fakes.stripe import delivery

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

EMAIL = "listener@example.com"


@pytest.fixture
def shop(transactional_db, stripe_account):
    return stripe_account


@pytest.fixture
def products(transactional_db):
    made = {"provider": "stripe", "name": "Premium", "currency": "USD"}
    month = Product.objects.create(external_id="price_month", period="month", amount=999, **made)
    year = Product.objects.create(external_id="price_year", period="year", amount=9990, rank=1, **made)
    return month, year


@pytest.fixture
def listener(transactional_db):
    return UserFactory(email=EMAIL, display_name="Some Listener")


def sign_in(page):
    page.goto("/sign-in")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def tell(account, live_server):
    """Stripe's webhooks arrive, and the worker works them off."""
    delivery.flush(account, delivery.over_http(f"{live_server.url}/webhooks/stripe"))
    for pk in ProviderEvent.objects.filter(processed_at=None).order_by("pk").values_list("pk", flat=True):
        events.process_event(event_pk=pk)


def pay(page):
    page.get_by_test_id("buy").click()
    page.get_by_role("button", name="Pay with a good card").click()
    page.wait_for_url("**/subscription?checkout=done")


def test_a_free_listener_subscribes_cancels_takes_it_back_and_changes_the_plan(
    page, shop, products, listener, live_server
):
    sign_in(page)
    page.get_by_role("link", name="Premium").first.click()
    page.wait_for_selector("text=$9.99")
    page.get_by_text("Yearly").click()
    page.wait_for_selector("text=That is $8.33 a month, paid once a year.")
    page.get_by_text("Monthly").click()
    pay(page)
    page.wait_for_selector("text=Waiting for your payment")
    tell(shop, live_server)
    page.wait_for_selector("h1 >> text=You are on Premium")
    assert Purchase.objects.get().user == listener
    assert page.get_by_role("navigation").get_by_role("link", name="Premium").count() == 0

    page.get_by_role("button", name="Cancel Premium").click()
    page.get_by_test_id("confirm-cancel").click()
    page.wait_for_selector("text=You keep Premium until then")
    page.get_by_role("button", name="Keep Premium").click()
    page.wait_for_selector("[data-testid=subscription-text] >> text=Renews on")

    page.get_by_role("button", name="Change the plan").click()
    page.get_by_role("button", name="Change to this").click()
    page.wait_for_selector("[data-testid=subscription-title] >> text=yearly")

    page.get_by_role("button", name="Payment and invoices").click()
    page.wait_for_selector("h1 >> text=Your subscription")
    page.get_by_role("link", name="Back to Backbeat").click()
    page.wait_for_selector("[data-testid=subscription-text] >> text=Renews on")


def test_a_visitor_signs_in_on_the_way_and_lands_in_the_checkout(page, shop, products, listener):
    page.goto("/pricing")
    page.get_by_test_id("buy").click()
    page.fill("dialog [name=email]", EMAIL)
    page.fill("dialog [name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Back without paying").click()

    page.wait_for_url("**/pricing?checkout=cancelled")
    page.wait_for_selector("text=Nothing was paid.")


def test_who_pays_already_is_led_to_what_they_have(page, shop, products, listener, live_server):
    sign_in(page)
    page.goto("/pricing")
    pay(page)
    tell(shop, live_server)
    page.wait_for_selector("h1 >> text=You are on Premium")

    page.goto("/pricing")
    page.wait_for_selector("[data-testid=already-paid]")

    assert page.get_by_test_id("buy").count() == 0


def test_where_nothing_is_for_sale_the_page_says_so(page, shop, listener):
    page.goto("/pricing")

    page.wait_for_selector("text=Premium is not for sale in your country yet")


def test_the_pages_of_buying_can_be_used_by_everyone(sized_page, shop, products, listener, live_server):  # noqa: F811
    page = sized_page
    page.goto("/pricing")
    page.get_by_test_id("buy").wait_for()
    check_page(page, f"pricing-{page.shot_name}")
    sign_in(page)
    page.goto("/subscription")
    page.get_by_test_id("subscription-title").wait_for()
    check_page(page, f"subscription-free-{page.shot_name}")
    page.goto("/pricing")
    pay(page)
    page.wait_for_selector("text=Waiting for your payment")
    page.screenshot(path=f"var/screenshots/awaiting-{page.shot_name}.png")
    tell(shop, live_server)
    page.wait_for_selector("h1 >> text=You are on Premium")
    check_page(page, f"subscription-new-{page.shot_name}")
    page.get_by_role("button", name="Cancel Premium").click()
    check_page(page, f"cancel-{page.shot_name}")
