"""Sessions when PostgreSQL goes away in the middle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import time_machine
from django.db import OperationalError, connection, transaction

from accounts.sessions import services
from accounts.sessions.models import Session
from streaming.lib import clock
from tests.accounts.sessions.racing import await_somebody_at_a_lock, on_own_connection

ATTEMPT = "attempt-0001"


def refresh(api, token):
    return api.post("/auth/refresh", {"refresh_token": token, "attempt_id": ATTEMPT}, "json")


def test_a_refresh_whose_answer_was_lost_is_made_good_after_a_restart(transactional_db, api, bob, postgres_server):
    """The rotation committed, the answer never arrived, the database was away for a minute and a half."""
    started = services.start_session(user=bob)
    lost = refresh(api, started.refresh_token).json()
    postgres_server.stop()
    connection.close()
    assert refresh(api, started.refresh_token).status_code == 503
    postgres_server.start()
    connection.close()

    with time_machine.travel(clock.now() + timedelta(seconds=90)):
        answer = refresh(api, started.refresh_token)

    assert (answer.status_code, answer.json()["refresh_token"]) == (200, lost["refresh_token"])
    assert Session.objects.count() == 1


def test_a_refresh_that_never_committed_rotates_after_a_restart(transactional_db, api, bob, postgres_server):
    started = services.start_session(user=bob)
    postgres_server.stop()
    connection.close()
    assert refresh(api, started.refresh_token).status_code == 503
    postgres_server.start()
    connection.close()

    with time_machine.travel(clock.now() + timedelta(seconds=90)):
        answer = refresh(api, started.refresh_token)

    assert answer.status_code == 200
    assert Session.objects.get().generation == 1


def test_a_refresh_that_was_at_the_row_when_postgresql_stopped(transactional_db, api, bob, postgres_server):
    """Its UPDATE waits for the row, and the server goes away under it."""
    started = services.start_session(user=bob)
    with ThreadPoolExecutor(1) as pool:
        try:
            with transaction.atomic():
                Session.objects.select_for_update().get()
                waiting = pool.submit(on_own_connection, lambda: refresh(api, started.refresh_token))
                await_somebody_at_a_lock()
                postgres_server.stop()
        except OperationalError:
            # The COMMIT had nobody to go to.
            connection.close()
        assert waiting.result(30).status_code == 503
    postgres_server.start()
    connection.close()

    with time_machine.travel(clock.now() + timedelta(seconds=90)):
        answer = refresh(api, started.refresh_token)

    assert answer.status_code == 200
    assert Session.objects.get().generation == 1
