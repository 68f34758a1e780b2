"""Plays as clients send them, without going through a ticket request and half a minute of listening."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from accounts.models import User
from analytics.plays.rules import SentPlay
from analytics.plays.services import PlayResult, record_plays
from catalog.music.models import Track
from playback.tickets import PlayContext, Ticket, write_ticket
from streaming.lib import clock, ids

A_WHILE = timedelta(minutes=10)


def ticket_for(
    user: User, track: Track, *, issued_at: datetime | None = None, presentation: str = "full", **fields: Any
) -> Ticket:
    """A ticket given out ten minutes ago."""
    issued_at = issued_at or clock.now() - A_WHILE
    issued_at_ms = int(issued_at.timestamp() * 1000)
    # The id of a ticket is of its time of issue.
    play_id = ids.new_uid()
    play_id = type(play_id)(int=(issued_at_ms << 80) | (play_id.int & ((1 << 80) - 1)))
    made = {
        "play_id": play_id,
        "user_uid": user.uid,
        "session_uid": ids.new_uid(),
        "track_uid": track.uid,
        "recording_uid": track.recording.uid,
        "artist_uids": tuple(track.recording.artists.order_by("pk").values_list("uid", flat=True)),
        "asset_uid": ids.new_uid(),
        "presentation": presentation,
        "tier": "free",
        "market": "US",
        "context": PlayContext("album", track.release.uid),
        "issued_at_ms": issued_at_ms,
    }
    return Ticket(**{**made, **fields})


def sent_play(ticket: Ticket, *, listened_ms: int = 31_000, started_at: datetime | None = None) -> SentPlay:
    started_at = started_at or clock.now() - A_WHILE
    return SentPlay(write_ticket(ticket), listened_ms, started_at, started_at + timedelta(milliseconds=listened_ms))


def as_json(play: SentPlay, **fields: Any) -> dict[str, Any]:
    row = {
        "ticket": play.ticket,
        "listened_ms": play.listened_ms,
        "started_at": play.started_at.isoformat(),
        "ended_at": play.ended_at.isoformat(),
    }
    return {**row, **fields}


def record(user: User, *plays: SentPlay, received_at: datetime | None = None) -> list[PlayResult]:
    return record_plays(user_id=user.pk, user_uid=user.uid, plays=plays, received_at=received_at or clock.now())


def statuses(results: list[PlayResult]) -> list[str]:
    return [str(result.status) for result in results]


def at_once(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs in threads that start together; their answers in order. A job's exception is raised here."""
    barrier = threading.Barrier(len(jobs))
    answers: list[Any] = [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            answers[place] = job()
        except Exception as error:  # noqa: BLE001  handed to the test
            answers[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def wait_until(is_true: Callable[[], Any]) -> None:
    """Ask again and again for half a minute at most."""
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen within half a minute"


def waiting_for_locks(session: psycopg.Connection[Any]) -> int:
    """How many sessions of the server wait for another."""
    found = session.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return found[0] if found else 0
