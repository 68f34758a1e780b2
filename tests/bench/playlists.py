"""Playlists: what a move costs in one of 10,000 entries, the numbering anew that a rare one pays for, and how long
fifty editors at once wait, each with a playlist of their own and all of them together on one.

ARGS: `entries=N`, `moves=N`, `editors=N`.
"""

import os
import random
import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

TRACKS, EDITS, CONNECTIONS = 100, 6, 10
LIMITS = {"move_ms": 15}


def run(args: list[str]) -> tuple[dict[str, Any], list[str]]:
    options = {"entries": 10_000, "moves": 200, "editors": 50}
    options |= {name: int(value) for name, _, value in (arg.partition("=") for arg in args)}
    from streaming.devstack import backend
    from streaming.devstack.temporary import temporary

    with temporary(("postgres", "redis"), also=("web",)) as stack:
        away = {"R2_ENDPOINT_URL": "http://localhost:9", "MEDIA_BASE_URL": "http://localhost:9"}
        env = {**backend.settings(stack.site), **away, **stack.env, "DJANGO_SETTINGS_MODULE": "tests.bench._settings"}
        os.environ.update(env)
        _prepare()
        result = {**_move(options), **_editors(options["editors"])}
    missed = [
        f"{name} is {result[name]}, the limit is {limit}" for name, limit in LIMITS.items() if result[name] > limit
    ]
    return result, missed


def _prepare() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.factories import TrackFactory

    call_command("migrate", verbosity=0)
    print("preparing tracks", file=sys.stderr)
    for _ in range(TRACKS):
        TrackFactory()


def _made(viewer: Any, entries: int) -> Any:
    from catalog.music.models import Track
    from catalog.playlists import services
    from catalog.playlists.models import PlaylistEntry
    from catalog.playlists.rules import STEP

    playlist = services.create_playlist(viewer=viewer, name="Long")
    keys = list(Track.objects.values_list("pk", flat=True))
    rows = (PlaylistEntry(playlist=playlist, track_id=keys[n % len(keys)], rank=STEP * (n + 1)) for n in range(entries))
    PlaylistEntry.objects.bulk_create(rows, batch_size=1_000)
    return playlist


def _move(options: dict[str, int]) -> dict[str, float]:
    """One entry from anywhere to anywhere, as the endpoint does it."""
    from django.db import connection

    from catalog.playlists import arrange, services
    from tests.factories import UserFactory, viewer_of_user

    viewer = viewer_of_user(UserFactory())
    playlist = _made(viewer, options["entries"])
    order = list(playlist.entries.order_by("rank").values_list("uid", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE catalog_playlistentry")
    chance, took = random.Random(1), []
    for _ in range(options["moves"]):
        moved, before = chance.sample(order, 2)
        begun = time.perf_counter()
        services.move_entries(
            viewer=viewer, uid=playlist.uid, entries=[moved], before=before, revisions=frozenset({playlist.revision})
        )
        took.append((time.perf_counter() - begun) * 1000)
        playlist.refresh_from_db()
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(arrange.RENUMBER, [arrange.STEP, playlist.pk])
    renumber = (time.perf_counter() - begun) * 1000
    return {
        "move_ms": round(_p95(took), 1),
        "move_p50_ms": round(statistics.median(took), 1),
        "renumber_ms": round(renumber),
    }


def _editors(count: int) -> dict[str, float]:
    from tests.factories import UserFactory, viewer_of_user

    viewers = [viewer_of_user(UserFactory()) for _ in range(count)]
    apart = [(viewer, _made(viewer, 100)) for viewer in viewers]
    together = [(viewers[0], _made(viewers[0], 1_000))] * count
    return {
        f"editors_{count}_p95_ms": round(_p95(_at_once(apart)), 1),
        f"editors_{count}_on_one_p95_ms": round(_p95(_at_once(together)), 1),
    }


def _at_once(pairs: list[tuple[Any, Any]]) -> list[float]:
    """Milliseconds of each edit, waiting included: all let go at once, and as many connections as a small web has."""
    from django.db import connection

    from catalog.playlists import services

    gate = threading.Barrier(len(pairs))
    orders = [list(playlist.entries.order_by("rank").values_list("uid", flat=True)[:100]) for _, playlist in pairs]

    def move(viewer: Any, uid: Any, entry: Any, before: Any) -> None:
        services.move_entries(viewer=viewer, uid=uid, entries=[entry], before=before, revisions=None)

    def edit(pair: tuple[Any, Any], order: list[Any]) -> list[float]:
        took = []
        gate.wait(60)
        for place in range(EDITS):
            begun = time.perf_counter()
            web.submit(move, pair[0], pair[1].uid, order[place], order[50 + place]).result()
            took.append((time.perf_counter() - begun) * 1000)
        return took

    with ThreadPoolExecutor(CONNECTIONS) as web:
        with ThreadPoolExecutor(len(pairs)) as editors:
            took = [ms for one in editors.map(edit, pairs, orders) for ms in one]
        for closed in [web.submit(lambda: (time.sleep(0.05), connection.close())) for _ in range(CONNECTIONS)]:
            closed.result()
    return took


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
