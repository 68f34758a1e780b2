"""Sessions: refreshes a second over HTTP, what checking an access token costs, and 200 refreshes of one token at once.

ARGS: `seconds=N`, `connections=N`, `parallel=N`.
"""

import json
import os
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SESSIONS, CHECKS, TURNS = 3000, 500, 5
LIMITS = {"verify_us": 500, "verify_sql": 0, "verify_round_trips": 1, "parallel_rotations": 1, "successors": 1}


def run(args: list[str]) -> tuple[dict[str, Any], list[str]]:
    options = {"seconds": 3, "connections": 8, "parallel": 200}
    options |= {name: int(value) for name, _, value in (arg.partition("=") for arg in args)}
    from streaming.devstack import backend
    from streaming.devstack.temporary import temporary

    with temporary(("postgres", "redis"), also=("web",)) as stack:
        away = {"R2_ENDPOINT_URL": "http://localhost:9", "MEDIA_BASE_URL": "http://localhost:9"}
        env = {**backend.settings(stack.site), **away, **stack.env, "DJANGO_SETTINGS_MODULE": "tests.bench._settings"}
        os.environ.update(env)
        Path(env["STATIC_ROOT"]).mkdir()
        tokens = _prepare()
        result = {**_verify(), **_parallel(options["parallel"])}
        stack.stack.start(backend.web(stack.site, env))
        result["refresh_rps"] = _refresh(stack.site.ports["web"], tokens, options)
    missed = [
        f"{name} is {result[name]}, the limit is {limit}" for name, limit in LIMITS.items() if result[name] > limit
    ]
    return result, missed


def _prepare() -> list[str]:
    """Refresh tokens, more than there will be requests: each request rotates one."""
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.sessions.services import start_session
    from tests.factories import UserFactory

    call_command("migrate", verbosity=0)
    print("preparing users and sessions", file=sys.stderr)
    users = [UserFactory() for _ in range(100)]
    return [start_session(user=users[place % 100]).refresh_token for place in range(SESSIONS)]


def _verify() -> dict[str, Any]:
    """Everything that checking an access token takes, warm: `authenticate()` as each request calls it."""
    from django.db import connection
    from django.test import RequestFactory
    from django.test.utils import CaptureQueriesContext
    from rest_framework.request import Request

    from accounts.sessions.denials import assert_denials
    from accounts.sessions.services import start_session
    from billing.authentication import ViewerAuthentication
    from streaming.lib import redis
    from tests.factories import UserFactory

    assert_denials()
    header = f"Bearer {start_session(user=UserFactory()).access_token}"
    plain = RequestFactory().get("/", headers={"Authorization": header})

    def check() -> None:
        assert ViewerAuthentication().authenticate(Request(plain)) is not None

    check()
    sent = 0
    original = redis.BreakerConnection.send_packed_command

    def counted(self: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal sent
        sent += 1
        original(self, *args, **kwargs)

    redis.BreakerConnection.send_packed_command = counted  # type: ignore[method-assign]
    with CaptureQueriesContext(connection) as queries:
        check()
    redis.BreakerConnection.send_packed_command = original  # type: ignore[method-assign]
    turns = []
    for _ in range(TURNS):
        begun = time.perf_counter()
        for _ in range(CHECKS):
            check()
        turns.append((time.perf_counter() - begun) / CHECKS * 1_000_000)
    return {"verify_us": round(statistics.median(turns)), "verify_sql": len(queries), "verify_round_trips": sent}


def _parallel(count: int) -> dict[str, int]:
    """So many refreshes of one token, all let go at once; each thread has a connection of its own."""
    from django.db import connection

    from accounts.sessions.models import Session
    from accounts.sessions.services import refresh_session, start_session
    from tests.factories import UserFactory

    started = start_session(user=UserFactory())
    gate, room = threading.Barrier(count), threading.Semaphore(40)

    def one(_: int) -> str:
        gate.wait(60)
        # No more connections than a small server takes; the others wait at the door with the same token.
        with room:
            try:
                return refresh_session(refresh_token=started.refresh_token).refresh_token
            finally:
                connection.close()

    with ThreadPoolExecutor(count) as pool:
        successors = set(pool.map(one, range(count)))
    session = Session.objects.get(pk=started.session.pk)
    connection.close()
    return {"parallel": count, "parallel_rotations": session.generation, "successors": len(successors)}


def _refresh(port: int, tokens: list[str], options: dict[str, int]) -> int:
    """Rotations a second."""
    from tests.bench.lib_load import drive, request_bytes

    headers = {"Content-Type": "application/json"}
    requests = [
        request_bytes("POST", "/auth/refresh", headers=headers, body=json.dumps({"refresh_token": token}).encode())
        for token in tokens
    ]
    load = drive(port, requests, connections=options["connections"], seconds=options["seconds"])
    print(f"refresh: {load.rps:.0f} rps {load.statuses}", file=sys.stderr)
    assert set(load.statuses) == {200}, load.statuses
    assert sum(load.statuses.values()) <= SESSIONS, "prepare more sessions"
    return round(load.rps)
