"""Pages of the catalogue and of its admin at 10,000 tracks and at a million, in turn: what growing costs.

ARGS: `tracks=N` (1,000,000), `small=N` (10,000), `requests=N` a page (60). The data is kept in var/bench for the next
run, and made anew when migrations changed.
"""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg

LIMITS = {"p95_ms": 50.0, "growth": 1.5}
KEPT = Path(__file__).resolve().parents[2] / "var" / "bench" / "catalogue"


def run(args: list[str]) -> tuple[dict[str, Any], list[str]]:
    options = {"tracks": 1_000_000, "small": 10_000, "requests": 60}
    options |= {name: int(value) for name, _, value in (arg.partition("=") for arg in args)}
    from streaming.devstack import backend
    from streaming.devstack.temporary import temporary

    with temporary(("postgres", "redis"), also=("small", "large"), kept=KEPT) as stack:
        away = {"R2_ENDPOINT_URL": "http://localhost:9", "MEDIA_BASE_URL": "http://localhost:9"}
        env = {**backend.settings(stack.site), **away, **stack.env, "DJANGO_SETTINGS_MODULE": "tests.bench._settings"}
        os.environ.update(env)
        Path(env["STATIC_ROOT"]).mkdir(exist_ok=True)
        databases = {"small": options["small"], "large": options["tracks"]}
        addresses = _prepare(env["DATABASE_URL"], databases)
        cookies = _sign_in(addresses)
        for name, address in addresses.items():
            site = replace(stack.site, ports={**stack.site.ports, "web": stack.site.ports[name]})
            stack.stack.start(replace(backend.web(site, {**env, "DATABASE_URL": address}), name=f"web-{name}"))
        measured = _measure(stack.site.ports, _pages(addresses, cookies), options["requests"])
    large, small = measured["large"], measured["small"]
    growth = {page: round(large[page] / small[page], 2) for page in large}
    result = {"p95_ms": large, "p95_ms_small": small, "growth": max(growth.values()), "growth_by_page": growth}
    missed = [
        f"{page} takes {ms} ms, the limit is {LIMITS['p95_ms']}" for page, ms in large.items() if ms > LIMITS["p95_ms"]
    ]
    if result["growth"] > LIMITS["growth"]:
        missed.append(f"growth is {result['growth']}, the limit is {LIMITS['growth']}")
    return result, missed


def _prepare(url: str, databases: dict[str, int]) -> dict[str, str]:
    """The address of each database; made where it is not there or of another schema."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from tests.bench.lib_catalogue import fill

    call_command("migrate", verbosity=0)
    connection.close()
    stamp, schema = KEPT / "made.json", _schema()
    made = json.loads(stamp.read_text()) if stamp.exists() else {}
    addresses = {}
    for name, tracks in databases.items():
        database = f"catalogue_{tracks}"
        addresses[name] = f"{url.rpartition('/')[0]}/{database}"
        if made.get(database) == schema:
            continue
        print(f"making a catalogue of {tracks:,} tracks, which is kept", file=sys.stderr)
        with psycopg.connect(f"{url.rpartition('/')[0]}/postgres", autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {database}")
            server.execute(f"CREATE DATABASE {database} TEMPLATE {url.rpartition('/')[2]}")
        with psycopg.connect(addresses[name], autocommit=True) as there:
            fill(there, tracks)
        stamp.write_text(json.dumps({**made, database: schema}))
        made[database] = schema
    return addresses


def _schema() -> list[str]:
    root = Path(__file__).resolve().parents[2]
    return sorted(str(path.relative_to(root)) for path in root.glob("*/migrations/0*.py"))


def _sign_in(addresses: dict[str, str]) -> dict[str, str]:
    """The cookie of an operator in each database."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore
    from django.db import connection

    from accounts.flows.session import BACKEND
    from accounts.models import User
    from accounts.roles.site import SECOND_FACTOR

    email, cookies = "bench@example.com", {}
    for name, address in addresses.items():
        connection.close()
        connection.settings_dict["NAME"] = address.rpartition("/")[2]
        user = User.objects.filter(email=email).first() or User.objects.create_superuser(email=email, password="bench")
        store = SessionStore()
        store.update({SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: BACKEND, SECOND_FACTOR: str(user.pk)})
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
        store.create()
        cookies[name] = str(store.session_key)
    connection.close()
    return cookies


def _pages(addresses: dict[str, str], cookies: dict[str, str]) -> dict[str, dict[str, list[bytes]]]:
    """Requests by server and page: several artists and releases in turn, the same places in both catalogues."""
    from tests.bench.lib_load import request_bytes

    found: dict[str, dict[str, list[bytes]]] = {}
    for name, address in addresses.items():
        admin = {"Cookie": f"sessionid={cookies[name]}"}
        with psycopg.connect(address) as there:
            artists = [str(row[0]) for row in there.execute("SELECT uid FROM catalog_artist ORDER BY id LIMIT 20")]
            releases = [str(row[0]) for row in there.execute("SELECT uid FROM catalog_release ORDER BY id LIMIT 20")]
        found[name] = {
            "artist": [_get(f"/api/v1/releases?artist={uid}", {}, request_bytes) for uid in artists],
            "release": [_get(f"/api/v1/releases/{uid}", {}, request_bytes) for uid in releases],
            "new_releases": [_get("/api/v1/new-releases", {}, request_bytes)],
            "admin_list": [_get("/admin/catalog/recording/", admin, request_bytes)],
            "admin_search": [
                _get(f"/admin/catalog/recording/?q={word}", admin, request_bytes)
                for word in ("harbour", "QZ0000000042", "thunder", "mira+solano", "nothing")
            ],
        }
    return found


def _get(path: str, headers: dict[str, str], build: Any) -> bytes:
    made: bytes = build("GET", path, headers=headers)
    return made


def _measure(ports: Any, pages: dict[str, dict[str, list[bytes]]], requests: int) -> dict[str, dict[str, float]]:
    """p95 by server and page. Each page is asked for in turn of both, so that a slow moment hits both."""
    from tests.bench.lib_load import ask

    taken: dict[str, dict[str, list[float]]] = {name: {page: [] for page in pages[name]} for name in pages}
    for page in next(iter(pages.values())):
        for turn in range(-10, requests):
            for name, wanted in ((name, found[page]) for name, found in pages.items()):
                ms = ask(ports[name], wanted[turn % len(wanted)])
                if turn >= 0:
                    taken[name][page].append(ms)
    return {name: {page: _p95(found) for page, found in taken[name].items()} for name in taken}


def _p95(values: list[float]) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1)
