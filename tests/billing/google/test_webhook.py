"""What Google pushes is believed when it is Google's word for us, stored once, and never a reason for a 500."""

import base64
import json

import pytest

from billing.models import ProviderEvent, Purchase
from tests.fakes.google import delivery
from tests.fakes.google.play import PURCHASED, Play

TOKEN = "tokentokentokentoken0000.AO-J1Oz_standin"
NEWS = {"packageName": "com.example.backbeat", "testNotification": {"version": "1.0"}}


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not ProviderEvent.objects.exists()


def message(data, **fields):
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    return {"message": {"data": base64.b64encode(text).decode(), "messageId": "1", **fields}}


def news(part, package="com.example.backbeat"):
    return message({"version": "1.0", "packageName": package, "eventTimeMillis": "1", **part})


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://elsewhere.example.com/webhooks/google"},
        {"email": "stranger@backbeat.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"iss": "https://accounts.example.com"},
        {"exp": 1},
        {"iat": 9_999_999_999},
    ],
    ids=lambda claims: next(iter(claims)),
)
def test_a_token_that_says_something_else_is_refused(shop, claims):
    authorization = f"Bearer {delivery.bearer(shop.play, **claims)}"

    refused(shop.post(delivery.pushed(NEWS), {"Authorization": authorization}), 401, "SIGNATURE_INVALID")


def test_a_forged_token_is_refused(shop):
    forger = Play(shop.play.now)
    (kid, _), *_ = shop.play.push_keys.items()
    stolen_id = delivery.bearer(forger, headers={"kid": kid})
    own_id = delivery.bearer(forger)
    head, body, _ = delivery.bearer(shop.play).split(".")

    for token in (stolen_id, own_id, f"{head}.{body}.", f"{head}.{body}", "a.b.c", "", "é"):
        answer = shop.post(delivery.pushed(NEWS), {"Authorization": f"Bearer {token}"})
        refused(answer, 401, "SIGNATURE_INVALID")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}])
def test_no_token_is_refused(shop, headers):
    refused(shop.post(delivery.pushed(NEWS), headers), 401, "SIGNATURE_INVALID")


@pytest.mark.parametrize("name", ["GOOGLE_PLAY_PUSH_AUDIENCE", "GOOGLE_PLAY_PUSH_ACCOUNT"])
def test_without_settings_nothing_is_believed(shop, settings, name):
    setattr(settings, name, "")
    authorization = f"Bearer {delivery.bearer(shop.play, aud='', email='')}"

    refused(shop.post(delivery.pushed(NEWS), {"Authorization": authorization}), 401, "SIGNATURE_INVALID")


def test_the_keys_are_fetched_once_an_hour_and_once_for_a_new_key(shop):
    def asked():
        return shop.play.requests.count("GET /certs")

    for _ in range(3):
        assert shop.push(NEWS).status_code == 200
    assert asked() == 1

    shop.advance(minutes=61)
    assert shop.push(NEWS).status_code == 200
    assert asked() == 2

    shop.advance(minutes=2)
    shop.play.rotate()
    assert shop.push(NEWS).status_code == 200
    assert asked() == 3

    # A stranger who makes up key ids does not make us ask for each.
    for _ in range(3):
        token = delivery.bearer(shop.play, headers={"kid": "made up"})
        assert shop.post(delivery.pushed(NEWS), {"Authorization": f"Bearer {token}"}).status_code == 401
    assert asked() == 3


def test_while_the_keys_are_out_of_reach_google_is_asked_to_send_again(shop):
    shop.play.shows_keys = False
    refused(shop.push(NEWS), 503, "PROVIDER_UNAVAILABLE")

    shop.play.shows_keys = True
    assert shop.push(NEWS).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 5000,
        b'{"message": 3}',
        json.dumps({"message": {"messageId": "1"}}).encode(),
        json.dumps({"message": {"messageId": "1", "data": "not base64!"}}).encode(),
        json.dumps({"message": {"messageId": "1", "data": "é"}}).encode(),
        json.dumps(message(b"no JSON")).encode(),
        json.dumps(message([1])).encode(),
        json.dumps(message(b'{"packageName": "com.example.backbeat", "eventTimeMillis": NaN}')).encode(),
        json.dumps(message({"packageName": 3})).encode(),
        json.dumps(message({"packageName": "com.example.backbeat"}, messageId=3)).encode(),
        json.dumps(message({"packageName": "com.example.backbeat"}, messageId="1" * 201)).encode(),
        json.dumps(message({"packageName": "com.example.backbeat"}, messageId="a\x00b")).encode(),
        json.dumps(news({"subscriptionNotification": {"notificationType": 4}})).encode(),
        json.dumps(news({"subscriptionNotification": {"notificationType": 4, "purchaseToken": "short"}})).encode(),
        json.dumps(news({"subscriptionNotification": {"purchaseToken": "x" * 501}})).encode(),
        json.dumps(news({"subscriptionNotification": {"purchaseToken": TOKEN, "note": "\x00"}})).encode(),
        json.dumps(news({"voidedPurchaseNotification": {"purchaseToken": [TOKEN]}})).encode(),
    ],
)
def test_a_broken_body_is_told_so(shop, body):
    refused(shop.post(*delivery.signed(shop.play, body)), 400, "MALFORMED_BODY")


def test_a_body_that_is_too_large_is_no_error_of_ours(shop):
    answer = shop.post(*delivery.signed(shop.play, b"x" * 2_000_000))

    assert answer.status_code in (400, 413)


def test_another_method_is_refused(shop):
    assert shop.client.get("/webhooks/google").status_code == 405


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"testNotification": {"version": "1.0"}}, "TEST"),
        ({"oneTimeProductNotification": {"notificationType": 1, "purchaseToken": TOKEN}}, "ONE_TIME_PRODUCT"),
        ({"voidedPurchaseNotification": {"purchaseToken": TOKEN, "productType": 2}}, "VOIDED_PURCHASE"),
        ({"somethingNew": {}}, "UNKNOWN"),
    ],
)
def test_what_is_no_subscriptions_is_kept_and_not_worked_on(shop, part, kind):
    assert shop.push({"packageName": "com.example.backbeat", **part}).status_code == 200

    event = ProviderEvent.objects.get()
    assert (event.type, event.subject, event.processed_at is not None) == (kind, "", True)
    assert shop.play.requests == ["GET /certs"]


@pytest.mark.parametrize(
    ("number", "kind"),
    [(2, "SUBSCRIPTION_RENEWED"), (12, "SUBSCRIPTION_REVOKED"), (99, "SUBSCRIPTION_99"), ("2", "SUBSCRIPTION_UNKNOWN")],
)
def test_a_notification_is_kept_by_its_name(shop, number, kind):
    part = {"notificationType": number, "purchaseToken": TOKEN, "nested": {"a": 1}}

    assert shop.post(*delivery.signed(shop.play, json.dumps(news({"subscriptionNotification": part})).encode()))

    event = ProviderEvent.objects.get()
    assert (event.type, event.subject) == (kind, TOKEN)
    assert event.payload == {"eventTimeMillis": "1", "notificationType": number, "purchaseToken": TOKEN}


def test_a_replayed_message_is_one_row_and_one_question(shop, bob, monthly, state):
    shop.play.buy(account=bob.uid)
    shop.tell(duplicate=True)
    shop.tell(duplicate=True)

    assert ProviderEvent.objects.count() == 1
    assert len([asked for asked in shop.play.requests if asked.startswith("GET /androidpublisher")]) == 1
    assert state() == ("paid", "active")


def test_the_news_of_another_app_is_left_out(shop):
    shop.play.say(
        {"subscriptionNotification": {"notificationType": PURCHASED, "purchaseToken": TOKEN}}, package="com.stranger"
    )
    shop.tell()

    assert shop.play.undelivered == []
    assert not ProviderEvent.objects.exists()


def test_a_token_that_google_does_not_know_is_done_with(shop):
    shop.play.tell(PURCHASED, TOKEN)
    shop.tell()

    assert ProviderEvent.objects.get().note == "its provider knows it no more"
    assert not Purchase.objects.exists()
