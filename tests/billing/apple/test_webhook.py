"""What the webhook believes, what it refuses, and what it does not wait for."""

import json

import jwt
import pytest

from billing.models import ProviderEvent, Purchase
from tests.fakes.apple import Authority
from tests.fakes.apple.ca import payload_of


def post(app_store, signed):
    return app_store.client.post("/webhooks/apple", json.dumps({"signedPayload": signed}), "application/json")


def refused(answer):
    return (answer.status_code, answer.json()["code"]) == (
        400,
        "SIGNATURE_INVALID",
    ) and not ProviderEvent.objects.exists()


def test_a_notification_is_stored_and_answered_without_asking_anybody(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)

    answer = post(app_store, app_store.store.undelivered[0])

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    event = ProviderEvent.objects.get()
    assert (event.type, event.subject, event.processed_at) == ("SUBSCRIBED.INITIAL_BUY", uid, None)
    assert app_store.store.requests == []


def test_what_is_kept_of_it_names_no_person(app_store, bob):
    app_store.buy(bob)

    kept = ProviderEvent.objects.get().payload
    assert kept["environment"] == "Production"
    assert kept["product_id"] == "premium.monthly"
    assert str(bob.uid) not in json.dumps(kept)


def test_the_same_notification_again_is_one_row_and_one_question(app_store, bob):
    uid = app_store.buy(bob)
    signed = app_store.store.history[-1][2]

    assert [post(app_store, signed).status_code for _ in range(3)] == [200, 200, 200]
    app_store.work()

    assert ProviderEvent.objects.count() == 1
    assert app_store.store.requests == [f"GET /production/inApps/v1/subscriptions/{uid}"]


def test_an_old_notification_changes_nothing_because_the_state_is_asked_for(app_store, bob):
    uid = app_store.buy(bob)
    bought = app_store.store.history[-1][2]
    app_store.store.refund(uid)
    app_store.tell()
    ProviderEvent.objects.all().delete()

    post(app_store, bought)
    app_store.work()

    assert app_store.says(bob) == ("free", "revoked")


def test_another_root_is_refused(app_store, bob):
    app_store.store.authority = Authority("Somebody else's")
    app_store.store.buy("premium.monthly", account=bob.uid)

    assert refused(post(app_store, app_store.store.undelivered[0]))


def test_a_leaf_that_is_not_for_receipts_is_refused(app_store, bob):
    app_store.store.authority = Authority(leaf_mark="1.2.840.113635.100.6.11.2")
    app_store.store.buy("premium.monthly", account=bob.uid)

    assert refused(post(app_store, app_store.store.undelivered[0]))


def test_a_changed_body_is_refused(app_store, bob):
    app_store.store.buy("premium.monthly", account=bob.uid)
    head, body, signature = app_store.store.undelivered[0].split(".")

    assert refused(post(app_store, f"{head}.{body[:-4]}AAAA.{signature}"))


@pytest.mark.parametrize(("algorithm", "key"), [("none", None), ("HS256", "x")])
@pytest.mark.filterwarnings("ignore:The HMAC key is")
def test_without_apples_algorithm_it_is_refused(app_store, bob, algorithm, key):
    app_store.store.buy("premium.monthly", account=bob.uid)
    signed = app_store.store.undelivered[0]
    chain = jwt.get_unverified_header(signed)["x5c"]

    forged = jwt.encode(payload_of(signed), key, algorithm=algorithm, headers={"x5c": chain})

    assert refused(post(app_store, forged))


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("environment", ["LocalTesting", "Xcode"])
def test_an_environment_without_signatures_is_refused_even_if_it_was_set(app_store, environment):
    app_store.store.environment = environment
    forged = jwt.encode(payload_of(app_store.store.tell("TEST")), "x", algorithm="HS256")
    assert refused(post(app_store, forged))

    with_that = app_store.settings
    with_that.APPLE_STORE_ENVIRONMENT = environment

    assert refused(post(app_store, forged))


def test_another_app_is_refused(app_store, bob):
    app_store.store.bundle_id = "com.example.other"
    app_store.store.buy("premium.monthly", account=bob.uid)

    assert refused(post(app_store, app_store.store.undelivered[0]))


def test_a_transaction_of_another_app_inside_is_refused(app_store, bob):
    store = app_store.store
    store.bundle_id = "com.example.other"
    uid = store.buy("premium.monthly", account=bob.uid)
    foreign = store.proof(uid)
    store.bundle_id = "com.example.backbeat"

    assert refused(post(app_store, store.tell("DID_RENEW", data={**store.app(), "signedTransactionInfo": foreign})))


def test_another_app_id_is_refused(app_store):
    store = app_store.store

    assert refused(post(app_store, store.tell("TEST", data={**store.app(), "appAppleId": 1})))


def test_a_transaction_is_no_notification(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)

    assert refused(post(app_store, app_store.store.proof(uid)))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"signedPayload": 5}', b'{"signedPayload": "a.b.c"}', b"\xff"])
def test_what_is_nothing_is_refused(app_store, body):
    assert refused(app_store.client.post("/webhooks/apple", body, "application/json"))


def test_two_megabytes_are_refused(app_store):
    assert post(app_store, "x" * 2_000_000).status_code in (400, 413)
    assert not ProviderEvent.objects.exists()


def test_an_installation_without_an_app_refuses_everything(app_store, bob):
    app_store.settings.APPLE_STORE_KEY = ""
    app_store.store.buy("premium.monthly", account=bob.uid)

    assert refused(post(app_store, app_store.store.undelivered[0]))


def test_reading_it_is_not_allowed(app_store):
    assert app_store.client.get("/webhooks/apple").status_code == 405


def test_the_sandbox_of_a_live_installation_gives_nothing(app_store, bob):
    uid = app_store.buy(bob, environment="Sandbox")

    purchase = Purchase.objects.get()
    assert (purchase.external_id, purchase.is_sandbox, purchase.user) == (uid, True, bob)
    assert app_store.tier(bob) == "free"


def test_the_sandbox_gives_rights_where_it_is_wanted(app_store, bob):
    app_store.settings.BILLING_SANDBOX = True

    app_store.buy(bob, environment="Sandbox")

    assert app_store.says(bob) == ("paid", "active")


def test_an_installation_for_testers_refuses_what_was_bought_for_real(app_store, bob):
    app_store.settings.APPLE_STORE_ENVIRONMENT = "Sandbox"
    app_store.store.buy("premium.monthly", account=bob.uid)

    assert refused(post(app_store, app_store.store.undelivered[0]))


def test_an_unknown_product_gives_nothing(app_store, bob):
    app_store.store.months["gold"] = 1

    app_store.buy(bob, "gold")

    assert app_store.tier(bob) == "free"
