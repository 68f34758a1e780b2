import pytest
from django.db import transaction

from streaming.lib import jobs, redis


def queued():
    return redis.client().llen("default")


@transaction.atomic
def enqueue_and_fail():
    jobs.enqueue("analytics.totals.roll_up")
    raise ZeroDivisionError


def test_a_task_is_sent_when_the_transaction_commits(transactional_db):
    with transaction.atomic():
        jobs.enqueue("analytics.totals.roll_up")
        assert queued() == 0

    assert queued() == 1


def test_a_task_of_a_transaction_that_failed_is_never_sent(transactional_db):
    with pytest.raises(ZeroDivisionError):
        enqueue_and_fail()

    assert queued() == 0


def test_with_the_broker_gone_the_commit_goes_through(transactional_db, redis_server):
    redis_server.stop()

    with transaction.atomic():
        jobs.enqueue("analytics.totals.roll_up")
    assert redis.is_open()

    # The breaker is open now: the next one is not even tried.
    with transaction.atomic():
        jobs.enqueue("analytics.totals.roll_up")
