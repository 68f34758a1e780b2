"""The outbox: sent once, tried again, and gone when it was sent."""

import smtplib
import threading

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone

from accounts.mail import services, tasks
from accounts.mail.models import Mail
from streaming.lib import redis


class Server(BaseEmailBackend):
    """An SMTP server that does as it is told; `taken` is what it took."""

    refusal = None
    taken = []
    busy = None

    def send_messages(self, messages):
        if self.busy:
            started, may_go_on = self.busy
            started.set()
            may_go_on.wait(10)
        if self.refusal:
            raise self.refusal
        self.taken.extend(messages)
        return len(messages)


@pytest.fixture
def server(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    monkeypatch.setattr(Server, "taken", [])
    return Server


def queue(to="bob@example.com"):
    services.send(to=to, template="session_reused", context={"session": "Bob’s iPhone"})
    return Mail.objects.latest("pk")


def test_a_mail_is_sent_and_its_row_goes(db, server):
    mail = queue()

    tasks.send(mail.pk)

    (sent,) = server.taken
    assert sent.to == ["bob@example.com"]
    assert sent.subject == "We signed out one of your sessions"
    assert "(Bob’s iPhone)" in sent.body
    assert not Mail.objects.exists()


def test_a_mail_is_sent_once_however_often_it_is_asked_for(db, server):
    mail = queue()

    assert services.deliver(mail_id=mail.pk)
    assert not services.deliver(mail_id=mail.pk)
    assert len(server.taken) == 1


def test_two_workers_at_once_send_it_once(transactional_db, server, monkeypatch):
    mail = queue()
    started, may_go_on = threading.Event(), threading.Event()
    monkeypatch.setattr(Server, "busy", (started, may_go_on))
    answers = []

    def work():
        answers.append(services.deliver(mail_id=mail.pk))
        connection.close()

    first = threading.Thread(target=work)
    first.start()
    assert started.wait(10)
    # The first is talking to the server: the second neither waits nor sends.
    work()
    may_go_on.set()
    first.join()

    assert answers == [False, True]
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPRecipientsRefused({"bob@example.com": (550, b"no such mailbox")}),
        UnicodeError("label empty or too long"),
    ],
    ids=lambda refusal: type(refusal).__name__,
)
def test_a_refusal_is_tried_again_after_a_minute(db, server, monkeypatch, refusal):
    mail = queue()
    monkeypatch.setattr(Server, "refusal", refusal)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        tasks.send(mail.pk)
        mail.refresh_from_db()
        assert mail.tries == 1
        assert services.pick_up() == 0
        monkeypatch.setattr(Server, "refusal", None)
        clock.shift(61)
        assert services.pick_up() == 1

    tasks.send(mail.pk)

    assert len(server.taken) == 1
    assert not Mail.objects.exists()


def test_it_is_not_tried_for_ever_and_not_kept_for_ever(db, server, monkeypatch):
    monkeypatch.setattr(Server, "refusal", OSError())
    mail = queue()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(services.MAX_TRIES):
            clock.shift(61)
            assert services.pick_up() == 1
            tasks.send(mail.pk)
        clock.shift(61)
        assert services.pick_up() == 0
        assert Mail.objects.count() == 1
        clock.shift(services.KEPT)
        services.pick_up()

    assert not Mail.objects.exists()


def waiting():
    return redis.client().llen("default")


def test_the_task_is_queued_when_the_transaction_commits(transactional_db):
    with transaction.atomic():
        queue()
        assert waiting() == 0

    assert waiting() == 1


def test_what_was_not_committed_is_not_mailed(transactional_db):
    with transaction.atomic():
        queue()
        transaction.set_rollback(True)

    assert waiting() == 0
    assert not Mail.objects.exists()


def test_beat_picks_up_what_a_broker_that_was_away_did_not_take(transactional_db, server, redis_server):
    redis_server.stop()
    mail = queue()
    redis_server.start()
    redis.reset()
    assert waiting() == 0
    with time_machine.travel(timezone.now(), tick=False) as clock:
        clock.shift(11)
        tasks.pick_up()

    assert waiting() == 1
    tasks.send(mail.pk)
    assert len(server.taken) == 1


def test_mail_of_a_library_keeps_its_html(db, server):
    message = outbox.EmailMultiAlternatives("Two\nlines", "text", to=["a@example.com", "b@example.com"])
    message.attach_alternative("<p>text</p>", "text/html")

    services.send_message(message)
    for mail_id in Mail.objects.order_by("pk").values_list("pk", flat=True):
        tasks.send(mail_id)

    assert [(sent.to, sent.subject) for sent in server.taken] == [
        (["a@example.com"], "Two lines"),
        (["b@example.com"], "Two lines"),
    ]
    assert server.taken[0].alternatives[0].content == "<p>text</p>"
