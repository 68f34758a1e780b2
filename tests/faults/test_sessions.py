"""Sessions when PostgreSQL goes away in the middle."""

from datetime import timedelta

import time_machine
from django.db import connection

from accounts.sessions import services
from accounts.sessions.models import Session
from streaming.lib import clock

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
