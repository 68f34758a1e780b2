"""Apple is away, or its news are lost."""

from billing.models import ProviderEvent, Purchase
from billing.purchases import events
from billing.purchases import services as purchases


def check_due(app_store):
    with app_store.committing(execute=True):
        purchases.check_due_purchases()


def reconcile(app_store):
    with app_store.committing(execute=True):
        return purchases.reconcile(provider="apple")


def test_a_claim_is_told_to_try_again(app_store, bob):
    proof = app_store.store.proof(app_store.store.buy("premium.monthly", account=bob.uid))
    app_store.store.answers = False

    answer = app_store.claim(bob, proof)

    assert (answer.status_code, answer.json()["code"]) == (503, "PROVIDER_UNAVAILABLE")
    assert answer.headers["Retry-After"] == "60"


def test_a_key_that_apple_refuses_is_an_outage(app_store, bob):
    proof = app_store.store.proof(app_store.store.buy("premium.monthly", account=bob.uid))
    app_store.settings.APPLE_STORE_KEY_ID = "WITHDRAWN1"

    assert app_store.claim(bob, proof).status_code == 503


def test_a_server_that_is_not_there_is_an_outage(app_store, bob):
    proof = app_store.store.proof(app_store.store.buy("premium.monthly", account=bob.uid))
    app_store.settings.APPLE_STORE_API_BASE = "http://127.0.0.1:1"

    assert app_store.claim(bob, proof).status_code == 503


def test_a_notification_is_taken_and_worked_off_later(app_store, bob):
    app_store.store.answers = False
    app_store.buy(bob)
    event = ProviderEvent.objects.get()
    assert (event.processed_at, event.attempts) == (None, 1)
    assert event.note.startswith("503")
    assert app_store.tier(bob) == "free"

    app_store.store.answers = True
    app_store.advance(minutes=6)
    assert events.pick_up_events() == 1
    app_store.work()

    assert app_store.says(bob) == ("paid", "active")


def test_access_goes_on_for_a_day_flagged_and_then_stops(app_store, bob):
    app_store.buy(bob)
    app_store.store.answers = False

    app_store.advance(days=30, minutes=30)
    app_store.store.drop()
    check_due(app_store)
    assert app_store.tier(bob) == "paid"
    assert app_store.subscription(bob)["payment_problem"] is False

    app_store.advance(hours=22)
    check_due(app_store)
    assert app_store.tier(bob) == "paid"
    assert app_store.subscription(bob)["payment_problem"] is True

    app_store.advance(hours=2)
    check_due(app_store)
    assert app_store.says(bob) == ("free", "ended")

    app_store.store.answers = True
    app_store.advance(hours=6)
    check_due(app_store)
    assert app_store.says(bob) == ("paid", "active")


def test_a_renewal_that_was_not_told_is_asked_for_when_it_is_due(app_store, bob):
    app_store.buy(bob)

    app_store.advance(days=30, minutes=10)
    app_store.store.drop()
    check_due(app_store)

    assert app_store.subscription(bob)["renews_at"] == "2027-01-25T12:00:00.000000Z"


def test_the_nightly_comparison_finds_a_purchase_that_nobody_told_of(app_store, bob):
    app_store.store.buy("premium.monthly", account=bob.uid)
    app_store.store.drop()
    app_store.advance(hours=12)
    assert not Purchase.objects.exists()

    assert reconcile(app_store) == 1

    assert app_store.says(bob) == ("paid", "active")
    assert reconcile(app_store) == 0


def test_the_nightly_comparison_asks_for_everything_that_is_alive(app_store, bob):
    """Lost so long ago that no notification is looked at any more."""
    uid = app_store.buy(bob, "premium.yearly")
    app_store.store.refund(uid)
    app_store.store.drop()
    app_store.advance(days=20)
    assert app_store.tier(bob) == "paid"

    assert reconcile(app_store) == 1

    assert app_store.says(bob) == ("free", "revoked")


def test_the_nightly_comparison_reads_every_page_of_the_history(app_store, bob):
    for _ in range(45):
        app_store.store.tell("TEST")
    app_store.store.buy("premium.monthly", account=bob.uid)
    app_store.store.drop()

    reconcile(app_store)

    assert app_store.store.requests.count("POST /production/inApps/v1/notifications/history") == 3
    assert app_store.tier(bob) == "paid"
