"""Threads with connections of their own that meet at PostgreSQL's locks."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

PATIENCE_SECONDS = 30


def on_own_connection(call):
    try:
        return call()
    finally:
        connection.close()


def parallel(count, call, *, connections=60):
    """The answers of so many calls, all let go at once; no more connections than a small server takes."""
    gate, room = threading.Barrier(count), threading.Semaphore(connections)

    def one(_):
        gate.wait(PATIENCE_SECONDS)
        with room:
            return on_own_connection(call)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def await_somebody_at_a_lock():
    """Returns once another connection of this database waits for a row."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
    raise TimeoutError("nobody waits for a lock")
