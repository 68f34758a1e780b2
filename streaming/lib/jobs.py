"""Starts Celery tasks by name, on commit: services need not import tasks, and no task sees an uncommitted row.

A task that must run has a row behind it that beat picks up, so a broker that is down costs time, not work.
"""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from streaming.lib import redis

log = logging.getLogger(__name__)


def enqueue(task_name: str, *ids: str | int) -> None:
    """Send the task when the surrounding transaction commits; ids only, so that the task reads current state."""
    transaction.on_commit(lambda: _send(task_name, ids), robust=True)


def _send(task_name: str, ids: tuple[str | int, ...]) -> None:
    if redis.is_open():
        log.warning("the broker is down; beat picks up what waits", extra={"task": task_name})
        return
    try:
        current_app.send_task(task_name, args=ids)
    except OperationalError:
        redis.note_failure()
        log.warning("the broker did not answer; beat picks up what waits", extra={"task": task_name})
