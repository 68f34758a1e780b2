"""Play tickets, warm: requests a second against an empty DRF view behind the same authentication and server.

ARGS: `items=1..5` (2: now and next), `seconds=N` a turn, `connections=N`.
"""

import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

USERS, TRACKS, TURNS = 20, 50, 5
LIMITS = {"ratio": 0.5, "redis_round_trips": 2, "sql_queries": 0}


def run(args: list[str]) -> tuple[dict[str, Any], list[str]]:
    options = {"items": 2, "seconds": 2, "connections": 16}
    options |= {name: int(value) for name, _, value in (arg.partition("=") for arg in args)}
    from streaming.devstack import backend
    from streaming.devstack.temporary import temporary

    with temporary(("postgres", "redis"), also=("web",)) as stack:
        away = {"R2_ENDPOINT_URL": "http://localhost:9", "MEDIA_BASE_URL": "http://localhost:9"}
        # The settings of the stack first, then the bench's own: nothing may throttle here.
        env = {**backend.settings(stack.site), **away, **stack.env, "DJANGO_SETTINGS_MODULE": "tests.bench._settings"}
        os.environ.update(env)
        Path(env["STATIC_ROOT"]).mkdir()
        tokens, tracks = _prepare()
        requests = _requests(tokens, tracks, options["items"])
        counted = _count(requests["tickets"][0])
        stack.stack.start(backend.web(stack.site, env))
        result = {**_measure(stack.site.ports["web"], requests, options), **counted}
    missed = [f"{name} is {result[name]}, the limit is {LIMITS[name]}" for name in LIMITS if _misses(result, name)]
    return result, missed


def _misses(result: dict[str, Any], name: str) -> bool:
    return result[name] < LIMITS[name] if name == "ratio" else result[name] > LIMITS[name]


def _prepare() -> tuple[list[str], list[str]]:
    """Users with access tokens, and playable tracks."""
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.sessions.services import start_session
    from tests.factories import TrackFactory, UserFactory

    call_command("migrate", verbosity=0)
    print("preparing users and tracks", file=sys.stderr)
    tokens = [start_session(user=UserFactory()).access_token for _ in range(USERS)]
    return tokens, [str(TrackFactory().uid) for _ in range(TRACKS)]


def _requests(tokens: list[str], tracks: list[str], items: int) -> dict[str, list[bytes]]:
    from tests.bench.lib_load import request_bytes

    def each(path: str) -> list[bytes]:
        found = []
        for place in range(USERS * TRACKS):
            wanted = [tracks[(place + step) % TRACKS] for step in range(items)]
            context = {"kind": "browse"}
            body = json.dumps({"items": [{"track": uid, "context": context} for uid in wanted]}).encode()
            headers = {"Authorization": f"Bearer {tokens[place % USERS]}", "Content-Type": "application/json"}
            found.append(request_bytes("POST", path, headers=headers, body=body))
        return found

    return {"tickets": each("/api/v1/play-tickets"), "limit": each("/bench/limit"), "bare": [_bare()]}


def _bare() -> bytes:
    from tests.bench.lib_load import request_bytes

    return request_bytes("GET", "/bench/bare", headers={})


def _count(request: bytes) -> dict[str, int]:
    """SQL queries and Redis round trips of one warm ticket request, counted in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from streaming.lib import redis

    head, _, body = request.partition(b"\r\n\r\n")
    token = head.split(b"Authorization: ")[1].split(b"\r\n")[0].decode()

    def ask() -> None:
        answer = Client().post("/api/v1/play-tickets", body, "application/json", headers={"Authorization": token})
        assert answer.status_code == 200, answer.content

    ask()
    sent = 0
    original = redis.BreakerConnection.send_packed_command

    def counted(connection: Any, *args: Any, **kwargs: Any) -> None:
        nonlocal sent
        sent += 1
        original(connection, *args, **kwargs)

    redis.BreakerConnection.send_packed_command = counted  # type: ignore[method-assign]
    try:
        with CaptureQueriesContext(connection) as queries:
            ask()
    finally:
        redis.BreakerConnection.send_packed_command = original  # type: ignore[method-assign]
    connection.close()
    return {"sql_queries": len(queries), "redis_round_trips": sent}


def _measure(port: int, requests: dict[str, list[bytes]], options: dict[str, int]) -> dict[str, Any]:
    """The three in turn, several times, so that whatever else the machine does falls on all of them."""
    from tests.bench.lib_load import Load, drive

    turns: dict[str, list[Load]] = {name: [] for name in requests}
    for wanted in requests.values():
        drive(port, wanted, connections=options["connections"], seconds=1)
    for turn in range(TURNS):
        for name, wanted in requests.items():
            load = drive(port, wanted, connections=options["connections"], seconds=options["seconds"])
            print(f"turn {turn + 1} {name}: {load.rps:.0f} rps {load.statuses}", file=sys.stderr)
            assert set(load.statuses) == {200}, load.statuses
            turns[name].append(load)

    def rps(name: str) -> float:
        return statistics.median(load.rps for load in turns[name])

    def ratio(other: str) -> float:
        """Turn by turn: what else the machine did in a turn fell on both."""
        pairs = zip(turns["tickets"], turns[other], strict=True)
        return round(statistics.median(load.rps / limit.rps for load, limit in pairs), 3)

    return {
        "rps": round(rps("tickets")),
        "p50_ms": round(statistics.median(load.p50_ms for load in turns["tickets"]), 2),
        "p99_ms": round(statistics.median(load.p99_ms for load in turns["tickets"]), 2),
        "limit_rps": round(rps("limit")),
        "ratio": ratio("limit"),
        "bare_rps": round(rps("bare")),
        "bare_ratio": ratio("bare"),
        "items": options["items"],
    }
