"""Starting and ending sessions, and who wins when both happen at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from accounts.audit.models import AuditEntry
from accounts.sessions import services
from accounts.sessions.models import Session
from accounts.users.models import User
from streaming.lib.errors import DomainError
from tests.accounts.sessions.racing import await_somebody_at_a_lock, on_own_connection


def live():
    return Session.objects.live().count()


def change_password(user):
    """As the flow does it: the password and the sessions in one transaction."""
    row = User.objects.get(pk=user.pk)
    row.set_password("a new password")
    row.save(update_fields=["password"])
    services.end_sessions(user=row, reason="password_changed")


def disable(user):
    row = User.objects.get(pk=user.pk)
    row.is_active = False
    row.save(update_fields=["is_active"])


def delete(user):
    User.objects.get(pk=user.pk).delete()


CHANGES = {"password changed": change_password, "disabled": disable, "deleted": delete}


@pytest.mark.parametrize("name", CHANGES)
def test_no_session_starts_on_what_was_proved_before_a_change(db, bob, name):
    CHANGES[name](bob)

    with pytest.raises(DomainError) as refused:
        services.start_session(user=bob)

    assert (refused.value.code, refused.value.status) == ("SESSION_ENDED", 401)
    assert live() == 0


@pytest.mark.parametrize("name", CHANGES)
def test_a_start_that_races_a_change_leaves_no_live_session(transactional_db, bob, name):
    """Whoever proved the old password waits for the change to commit, and is refused."""

    def start():
        with pytest.raises(DomainError):
            services.start_session(user=bob)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            CHANGES[name](bob)
            waiting = pool.submit(on_own_connection, start)
            await_somebody_at_a_lock()
        waiting.result(30)

    assert live() == 0


def test_a_change_that_races_a_start_ends_the_session(transactional_db, bob):
    """The other order: the session is there before the password is."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            services.start_session(user=bob)
            waiting = pool.submit(on_own_connection, lambda: in_a_transaction(change_password, bob))
            await_somebody_at_a_lock()
        waiting.result(30)

    assert live() == 0


def in_a_transaction(change, user):
    with transaction.atomic():
        change(user)


def test_ending_all_keeps_the_one_that_asks(db, bob, alice):
    kept, other, strangers = (services.start_session(user=user).session for user in (bob, bob, alice))

    assert services.end_sessions(user=bob, reason="ended_elsewhere", keep=kept.uid) == 1

    assert set(Session.objects.live()) == {kept, strangers}
    other.refresh_from_db()
    assert other.end_reason == "ended_elsewhere"
    assert AuditEntry.objects.get(event="sessions_ended").details == {"reason": "ended_elsewhere", "count": 1}


def test_a_session_ends_once(db, bob):
    session = services.start_session(user=bob).session

    ended = [services.end_session(session_uid=session.uid, reason="signed_out") for _ in range(2)]

    assert ended == [True, False]
    assert AuditEntry.objects.filter(event="session_ended").count() == 1


def test_what_the_flows_kept_for_a_session_goes_with_its_end(db, bob):
    session = services.start_session(user=bob, flow_state={"a challenge": "x"}).session

    services.end_session(session_uid=session.uid, reason="signed_out")

    session.refresh_from_db()
    assert session.flow_state == {}
