"""The market: where the proxy saw somebody, never what a client says; not more often than every fourteen days."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from accounts.models import AuditEntry
from accounts.profile.services import change_market, set_market_from_store
from streaming.lib import clock
from streaming.lib.errors import DomainError

ADDRESS = "/api/v1/me/market"


@pytest.fixture(autouse=True)
def zone(settings):
    settings.ORIGIN_SECRET = "zone-secret"


def seen_in(country):
    return {"CF-IPCountry": country, "X-Origin-Secret": "zone-secret"}


def changes():
    return [entry.details for entry in AuditEntry.objects.filter(event="market_changed").order_by("pk")]


def test_the_market_becomes_where_the_proxy_sees_me(transactional_db, api_as, bob):
    client = api_as(bob)
    assert client.get("/api/v1/me").json()["market"] == "US"

    answer = client.post(ADDRESS, headers=seen_in("DE"))

    assert (answer.status_code, answer.json()["market"]) == (200, "DE")
    assert client.get("/api/v1/me").json()["market"] == "DE"
    entry = AuditEntry.objects.get(event="market_changed")
    assert entry.details == {"from": "US", "to": "DE", "source": "proxy"}
    assert (entry.user_uid, entry.session_uid) == (bob.uid, client.signed_in.session.uid)
    assert entry.address_hash


def test_tokens_issued_before_play_by_the_new_market(transactional_db, api_as, bob):
    from playback.tickets import read_ticket
    from tests.factories import TrackFactory

    client, body = api_as(bob), {"items": [{"track": str(TrackFactory().uid)}]}
    client.post("/api/v1/play-tickets", body, "json")
    client.post(ADDRESS, headers=seen_in("DE"))

    [item] = client.post("/api/v1/play-tickets", body, "json").json()["items"]

    assert read_ticket(item["ticket"]).market == "DE"


def test_where_it_is_already_nothing_happens(api_as, bob):
    answer = api_as(bob).post(ADDRESS, headers=seen_in("US"))

    assert (answer.status_code, answer.json()["market"]) == (200, "US")
    bob.refresh_from_db()
    assert (bob.market_changed_at, changes()) == (None, [])


def test_it_moves_every_fourteen_days_at_most(db, bob):
    with time_machine.travel(clock.now(), tick=False) as time:
        change_market(user=bob, country="DE")
        again = clock.now() + timedelta(days=14)
        time.shift(timedelta(days=14) - timedelta(seconds=1))
        with pytest.raises(DomainError, match=f"{again:%Y-%m-%d}") as refused:
            change_market(user=bob, country="FR")
        assert (refused.value.code, refused.value.status) == ("MARKET_TOO_SOON", 409)
        assert change_market(user=bob, country="DE").market == "DE"

        time.shift(1)
        assert change_market(user=bob, country="FR").market == "FR"


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"CF-IPCountry": "DE"}, {"CF-IPCountry": "DE", "X-Origin-Secret": "guess"}, seen_in("XX"), seen_in("T1"),
        seen_in(""), seen_in("Germany"), {"X-Origin-Secret": "zone-secret", "X-Country": "DE"},
    ],
)  # fmt: skip
def test_what_is_not_believed_or_not_known_moves_nothing(api_as, bob, headers):
    answer = api_as(bob).post(ADDRESS, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "MARKET_UNKNOWN")
    bob.refresh_from_db()
    assert bob.market == "US"


def test_a_parameter_has_no_say(api_as, bob):
    answer = api_as(bob).post(f"{ADDRESS}?market=FR&country=FR", headers=seen_in("DE"))

    assert answer.json()["market"] == "DE"
    assert api_as(bob).get("/api/v1/me?market=FR", headers=seen_in("FR")).json()["market"] == "DE"


@pytest.mark.parametrize("body", [{"market": "FR"}, {"country": "FR"}, [], "FR", 0])
def test_a_body_is_refused(api_as, bob, body):
    answer = api_as(bob).post(ADDRESS, body, "json", headers=seen_in("DE"))

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID")
    bob.refresh_from_db()
    assert bob.market == "US"


def test_a_purchase_in_a_store_moves_it_without_waiting(transactional_db, api_as, bob):
    change_market(user=bob, country="DE")
    client = api_as(bob)

    assert set_market_from_store(user=bob, country="FR").market == "FR"

    assert client.get("/api/v1/me").json()["market"] == "FR"
    assert changes()[-1] == {"from": "DE", "to": "FR", "source": "store"}
    assert client.post(ADDRESS, headers=seen_in("DE")).json()["code"] == "MARKET_TOO_SOON"


@pytest.mark.parametrize("country", ["", "fr", "FRA", "F1"])
def test_a_store_has_a_country(db, bob, country):
    with pytest.raises(ValidationError):
        set_market_from_store(user=bob, country=country)


def test_two_at_once_are_one_change(transactional_db, bob):
    together, outcomes = threading.Barrier(8), []

    def move(country):
        together.wait()
        try:
            outcomes.append(change_market(user=bob, country=country).market)
        except DomainError as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=move, args=(country,)) for country in ("DE", "FR") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bob.refresh_from_db()
    assert [details["to"] for details in changes()] == [bob.market]
    assert sorted(outcomes) == sorted([bob.market] * 4 + ["MARKET_TOO_SOON"] * 4)


def test_a_change_and_its_entry_are_kept_or_lost_together(transactional_db, api_as, bob):
    client = api_as(bob)

    with transaction.atomic():
        change_market(user=bob, country="DE")
        transaction.set_rollback(True)

    assert client.get("/api/v1/me").json()["market"] == "US"
    assert changes() == []
