"""The lock on the explicit-content filter: without its PIN or the password, the filter stays on."""

import threading

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.db import connection

from accounts.models import AuditEntry, User
from accounts.profile import services
from streaming.lib import clock
from streaming.lib.errors import DomainError
from tests.factories.accounts import PASSWORD

LOCK, ME = "/api/v1/me/explicit-lock", "/api/v1/me"
PIN = "2580"


@pytest.fixture(autouse=True)
def a_minute_into_the_window():
    """Tries are counted by quarters of an hour: no test may begin in one and end in the next."""
    quarter = services.PIN_TRIES.seconds
    start = int(clock.now().timestamp()) // quarter * quarter + quarter + 60
    with time_machine.travel(start, tick=False) as time:
        yield time


@pytest.fixture
def client(api_as, bob):
    """Bob's, with the filter locked."""
    client = api_as(bob)
    assert client.put(LOCK, {"pin": PIN}, "json").status_code == 200
    return client


def wrong(client, **body):
    return client.delete(LOCK, body or {"pin": "0000"}, "json")


def refusals():
    return AuditEntry.objects.filter(event="explicit_lock_refused")


def test_locking_switches_the_filter_on(client):
    me = client.get(ME).json()

    assert (me["hide_explicit"], me["explicit_locked"]) == (True, True)


def test_a_pin_is_stored_hashed(client, bob):
    lock = User.objects.get(pk=bob.pk).explicit_lock

    assert check_password(PIN, lock)
    assert PIN not in lock.split("$")


def test_a_locked_filter_is_not_switched_off(client):
    answer = client.patch(ME, {"hide_explicit": False, "display_name": "Eve"}, "json")

    assert (answer.status_code, answer.json()["code"]) == (403, "EXPLICIT_LOCKED")
    me = client.get(ME).json()
    assert (me["hide_explicit"], me["display_name"]) == (True, "Bob")


def test_everything_else_is_changed_as_before(client):
    answer = client.patch(ME, {"hide_explicit": True, "display_name": "Bobby"}, "json")

    assert (answer.status_code, answer.json()["display_name"]) == (200, "Bobby")


@pytest.mark.parametrize("body", [{"pin": PIN}, {"password": PASSWORD}])
def test_the_pin_or_the_password_removes_the_lock_and_the_filter_stays(client, body):
    assert client.delete(LOCK, body, "json").status_code == 204

    me = client.get(ME).json()
    assert (me["hide_explicit"], me["explicit_locked"]) == (True, False)
    assert client.patch(ME, {"hide_explicit": False}, "json").json()["hide_explicit"] is False
    assert not refusals().exists()


def test_another_lock_does_not_take_its_place(client, bob):
    before = User.objects.get(pk=bob.pk).explicit_lock

    for pin in ("9999", PIN):
        assert client.put(LOCK, {"pin": pin}, "json").json()["code"] == "EXPLICIT_LOCKED"

    assert User.objects.get(pk=bob.pk).explicit_lock == before


@pytest.mark.parametrize("body", [{"pin": "0000"}, {"password": "wrong password"}])
def test_a_wrong_try_is_refused_and_audited_without_what_was_tried(client, bob, body):
    answer = client.delete(LOCK, body, "json")

    assert (answer.status_code, answer.json()["code"]) == (403, "PIN_WRONG")
    assert client.get(ME).json()["explicit_locked"]
    entry = refusals().get()
    assert (entry.user_uid, entry.session_uid, entry.details) == (bob.uid, client.signed_in.session.uid, {})


def test_after_five_wrong_tries_the_right_pin_is_refused_too(client, api_as, bob, alice):
    assert [wrong(client).status_code for _ in range(5)] == [403] * 5

    for again in (client, api_as(bob)):
        answer = again.delete(LOCK, {"pin": PIN}, "json")
        assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
        assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert refusals().count() == 5
    other = api_as(alice)
    other.put(LOCK, {"pin": PIN}, "json")
    assert other.delete(LOCK, {"pin": PIN}, "json").status_code == 204


def test_the_wait_is_honest(transactional_db, bob, a_minute_into_the_window):
    bob = services.lock_explicit(user=bob, pin=PIN)
    for _ in range(5):
        with pytest.raises(DomainError, match="wrong"):
            services.unlock_explicit(user=bob, pin="0000")
    a_minute_into_the_window.shift(240)
    with pytest.raises(DomainError) as refused:
        services.unlock_explicit(user=bob, pin=PIN)
    assert refused.value.headers == {"Retry-After": "600"}

    a_minute_into_the_window.shift(600)
    assert services.unlock_explicit(user=bob, pin=PIN).explicit_lock == ""


def test_of_twenty_tries_at_once_five_are_compared(transactional_db, bob):
    bob = services.lock_explicit(user=bob, pin=PIN)
    outcomes, together = [], threading.Barrier(20)

    def guess(pin):
        together.wait()
        try:
            services.unlock_explicit(user=bob, pin=pin)
        except DomainError as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=guess, args=(f"{number:04}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["PIN_WRONG"] * 5 + ["RATE_LIMITED"] * 15


def test_pin_and_password_share_the_tries(client):
    for body in ({"pin": "0000"}, {"password": "wrong"}) * 3:
        last = client.delete(LOCK, body, "json")

    assert last.status_code == 429


def test_the_right_pin_forgets_the_wrong_tries(client):
    for _ in range(2):
        assert [wrong(client).status_code for _ in range(4)] == [403] * 4
        assert client.delete(LOCK, {"pin": PIN}, "json").status_code == 204
        client.put(LOCK, {"pin": PIN}, "json")


def test_without_a_lock_nothing_is_asked(api_as, bob):
    client = api_as(bob)

    assert [wrong(client).status_code for _ in range(7)] == [204] * 7
    assert not refusals().exists()


@pytest.mark.parametrize(
    "pin", ["", "123", "123456789", "12a4", "١٢٣٤", "1234\n", " 1234", None, 12345, ["1234"], "1" * 99999]
)
def test_a_pin_has_four_to_eight_digits(api_as, bob, pin):
    client = api_as(bob)
    fine = 200 if pin in (12345, " 1234", "1234\n") else 400

    assert client.put(LOCK, {"pin": pin}, "json").status_code == fine


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        {"pin": PIN, "password": PASSWORD},
        {"pin": "x"},
        {"password": ""},
        {"password": "x" * 129},
        {"key": 1},
    ],
)
def test_a_malformed_try_is_no_try(client, body):
    for _ in range(6):
        assert client.delete(LOCK, body, "json").status_code == 400
    assert client.delete(LOCK, {"pin": PIN}, "json").status_code == 204


def test_nobody_and_strangers_have_no_say(client, api, api_as, charlie, bob):
    assert api.put(LOCK, {"pin": PIN}, "json").status_code == 401
    assert api.delete(LOCK, {"pin": PIN}, "json").status_code == 401
    assert api_as(charlie).delete(LOCK, {"pin": PIN}, "json").status_code == 204

    assert User.objects.get(pk=bob.pk).explicit_lock


def test_of_two_locks_at_once_one_holds(transactional_db, bob):
    together, outcomes = threading.Barrier(2), {}

    def lock(pin):
        together.wait()
        try:
            services.lock_explicit(user=bob, pin=pin)
            outcomes[pin] = "locked"
        except DomainError as refused:
            outcomes[pin] = refused.code
        finally:
            connection.close()

    threads = [threading.Thread(target=lock, args=(pin,)) for pin in ("1111", "2222")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes.values()) == ["EXPLICIT_LOCKED", "locked"]
    bob.refresh_from_db()
    held = next(pin for pin, outcome in outcomes.items() if outcome == "locked")
    assert services.unlock_explicit(user=bob, pin=held).explicit_lock == ""


def test_a_pin_does_not_remove_a_lock_that_took_the_place_of_its_own(db, bob):
    stale = services.lock_explicit(user=bob, pin="1111")
    services.unlock_explicit(user=stale, pin="1111")
    services.lock_explicit(user=bob, pin="2222")

    with pytest.raises(DomainError, match="locked"):
        services.unlock_explicit(user=stale, pin="1111")


def test_with_redis_gone_the_lock_opens_and_holds(transactional_db, api_as, bob, redis_server):
    client = api_as(bob)
    client.put(LOCK, {"pin": PIN}, "json")
    redis_server.stop()

    assert wrong(client).json()["code"] == "PIN_WRONG"
    assert client.delete(LOCK, {"pin": PIN}, "json").status_code == 204
