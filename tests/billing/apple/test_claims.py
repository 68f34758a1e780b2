"""The app posts a signed transaction: whose the purchase becomes, and what the transaction alone is worth."""

import pytest

from billing.models import Product, Purchase, PurchaseMove
from tests.factories import UserFactory
from tests.fakes.apple import Authority


def problem(answer):
    return answer.status_code, answer.json().get("code")


def test_the_buyer_is_paid_at_once_without_any_notification(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)

    answer = app_store.claim(bob, app_store.store.proof(uid))

    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert app_store.tier(bob) == "paid"


def test_the_same_transaction_twice_changes_nothing(app_store, bob):
    proof = app_store.store.proof(app_store.store.buy("premium.monthly", account=bob.uid))

    answers = [app_store.claim(bob, proof) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (Purchase.objects.count(), PurchaseMove.objects.count()) == (1, 0)


def test_nobody_claims_without_signing_in(app_store, api, bob):
    proof = app_store.store.proof(app_store.store.buy("premium.monthly", account=bob.uid))

    answer = api.post("/api/v1/me/purchases", {"provider": "apple", "proof": proof}, "json")

    assert answer.status_code == 401
    assert not Purchase.objects.exists()


def test_a_stranger_who_posts_what_was_bought_for_another_gets_nothing(app_store, bob, charlie):
    proof = app_store.store.proof(app_store.store.buy("premium.monthly", account=bob.uid))

    assert problem(app_store.claim(charlie, proof)) == (409, "PURCHASE_OF_ANOTHER")

    app_store.tell()
    assert problem(app_store.claim(charlie, proof)) == (409, "PURCHASE_OF_ANOTHER")
    assert (app_store.tier(charlie), app_store.tier(bob)) == ("free", "paid")


def test_what_was_bought_for_nobody_is_whose_it_is_shown_by(app_store, bob):
    """Bought on the store's own page: the app could name nobody."""
    uid = app_store.store.buy("premium.monthly")
    app_store.tell()
    assert Purchase.objects.get().user is None

    app_store.claim(bob, app_store.store.proof(uid))

    assert app_store.says(bob) == ("paid", "active")


def test_a_name_that_is_no_account_of_ours_is_somebody_elses(app_store, bob):
    uid = app_store.store.buy("premium.monthly", appAccountToken="5d1a1e0e-0000-4000-8000-000000000000")

    answer = app_store.claim(bob, app_store.store.proof(uid))

    assert (answer.status_code, answer.json()["code"]) == (409, "PURCHASE_OF_ANOTHER")
    assert app_store.tier(bob) == "free"


def test_a_refunded_transaction_that_is_posted_again_gives_nothing(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)
    before = app_store.store.proof(uid)
    app_store.store.refund(uid)
    app_store.store.drop()

    answer = app_store.claim(bob, before)

    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert app_store.tier(bob) == "free"


def test_an_expired_transaction_that_is_posted_again_gives_nothing(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)
    before = app_store.store.proof(uid)
    app_store.store.set_renewal(uid, False)
    app_store.advance(days=40)

    assert app_store.claim(bob, before).json()["state"] == "ended"
    assert app_store.tier(bob) == "free"


def test_a_family_member_claims_and_it_moves_twice_and_no_more(app_store, bob, charlie):
    others = [UserFactory(), UserFactory()]
    uid = app_store.store.buy("premium.monthly", account=bob.uid, is_family=True)
    proof = app_store.store.proof(uid)

    assert app_store.claim(charlie, proof).status_code == 200
    assert Purchase.objects.get().is_family is True
    assert app_store.tier(charlie) == "paid"

    for holder, before in zip([bob, others[0]], [charlie, bob], strict=True):
        assert app_store.claim(holder, proof).status_code == 200
        assert (app_store.tier(holder), app_store.tier(before)) == ("paid", "free")

    assert problem(app_store.claim(others[1], proof)) == (409, "MOVED_TOO_OFTEN")
    assert app_store.tier(others[0]) == "paid"


def test_after_ninety_days_it_may_move_again(app_store, bob, charlie):
    uid = app_store.store.buy("premium.yearly", is_family=True)
    for holder in (charlie, bob, charlie):
        app_store.claim(holder, app_store.store.proof(uid))
    assert problem(app_store.claim(bob, app_store.store.proof(uid))) == (409, "MOVED_TOO_OFTEN")

    app_store.advance(days=91)

    assert app_store.claim(bob, app_store.store.proof(uid)).status_code == 200


def test_the_sandbox_of_a_live_installation_gives_nothing(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid, environment="Sandbox")

    assert app_store.claim(bob, app_store.store.proof(uid)).status_code == 200
    assert app_store.tier(bob) == "free"
    assert app_store.store.requests == [
        f"GET /{where}/inApps/v1/subscriptions/{uid}" for where in ("production", "sandbox")
    ]


@pytest.mark.parametrize("proof", ["4200000000000001", "a.b.c", "é"])
def test_a_bare_id_and_nonsense_are_refused(app_store, bob, proof):
    app_store.store.buy("premium.monthly", account=bob.uid)

    assert problem(app_store.claim(bob, proof)) == (400, "PURCHASE_INVALID")
    assert app_store.store.requests == []


def test_another_root_is_refused(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)
    app_store.store.authority = Authority("Somebody else's")

    assert problem(app_store.claim(bob, app_store.store.proof(uid))) == (400, "PURCHASE_INVALID")


def test_another_app_is_refused(app_store, bob):
    app_store.store.bundle_id = "com.example.other"
    uid = app_store.store.buy("premium.monthly", account=bob.uid)

    assert problem(app_store.claim(bob, app_store.store.proof(uid))) == (400, "PURCHASE_INVALID")


def test_other_things_that_apple_signs_are_no_proof(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)

    for signed in (app_store.store.renewal(uid), app_store.store.undelivered[0]):
        assert problem(app_store.claim(bob, signed)) == (400, "PURCHASE_INVALID")


def test_what_apple_does_not_know_is_refused(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)
    proof = app_store.store.proof(uid)
    del app_store.store.subscriptions[uid]

    assert problem(app_store.claim(bob, proof)) == (400, "PURCHASE_INVALID")


def test_an_answer_that_is_not_signed_for_this_app_is_not_believed(app_store, bob):
    uid = app_store.store.buy("premium.monthly", account=bob.uid)
    proof = app_store.store.proof(uid)
    app_store.store.authority = Authority("Somebody in between")

    assert problem(app_store.claim(bob, proof)) == (400, "PURCHASE_INVALID")
    assert app_store.tier(bob) == "free"


def test_restore_takes_what_is_ours_and_leaves_what_is_not(app_store, bob, charlie):
    store = app_store.store
    ended = store.buy("premium.monthly", account=bob.uid)
    store.refund(ended)
    proofs = [
        store.proof(ended),
        store.proof(store.buy("premium.monthly", account=charlie.uid)),
        "nonsense",
        store.proof(store.buy("premium.yearly", account=bob.uid)),
    ]

    with app_store.committing(execute=True):
        asked = {"provider": "apple", "proofs": proofs}
        answer = app_store.api_as(bob).post("/api/v1/me/subscription/restore", asked, "json")

    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert answer.json()["product"]["period"] == "year"
    assert app_store.tier(charlie) == "free"


def test_who_pays_apple_changes_and_ends_it_there(app_store, bob):
    app_store.buy(bob)

    answer = app_store.api_as(bob).patch("/api/v1/me/subscription", {"renews": False}, "json")

    assert problem(answer) == (409, "MANAGED_ELSEWHERE")
    assert answer.json()["manage_url"] == "https://apps.apple.com/account/subscriptions"


def test_the_offerings_of_an_iphone_are_apples(app_store, api):
    rows = api.get("/api/v1/offerings", {"platform": "ios"}).json()["results"]
    assert [row["external_id"] for row in rows] == ["premium.monthly", "premium.yearly"]

    app_store.settings.APPLE_STORE_KEY = ""
    assert api.get("/api/v1/offerings", {"platform": "ios"}).json()["results"] == []
    assert Product.objects.count() == 2
