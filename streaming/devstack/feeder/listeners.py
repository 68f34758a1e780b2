"""People who sign up through the API and listen to what there is, one song at a time."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from streaming.devstack.feeder.http import SECONDS, RefusedError, json_of, session

# Just over what makes a stream; a song that is skipped ends before.
LISTENED = timedelta(seconds=31)
SKIPPED = timedelta(seconds=12)
# The server compares with its own clock: half a second more than was listened to.
ROUND_SECONDS = LISTENED.total_seconds() + 0.5
SKIPS = 7
EMAIL_TAKEN = 409


@dataclass(frozen=True)
class Started:
    """A ticket, and when it came."""

    ticket: str
    at: datetime


class Visitor:
    """Somebody who reads the catalogue without an account."""

    def __init__(self, web: str) -> None:
        self._web = web
        self._http = session(web)

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        return json_of(self._http.get(f"{self._web}/api/v1/{path}", params=params, timeout=SECONDS))

    def pages(self, path: str) -> list[dict[str, Any]]:
        """Every row of a list."""
        page = self.get(path, limit=100)
        rows = list(page["results"])
        while page["next"]:
            page = json_of(self._http.get(page["next"], timeout=SECONDS))
            rows += page["results"]
        return rows


class Listener(Visitor):
    """Somebody with an account: made unless it is there. Raises RefusedError."""

    def __init__(self, web: str, *, email: str, password: str, display_name: str) -> None:
        super().__init__(web)
        self.email = email
        account = {"email": email, "password": password}
        answer = self._http.post(f"{web}/auth/sign-up", json={**account, "display_name": display_name}, timeout=SECONDS)
        if answer.status_code == EMAIL_TAKEN:
            answer = self._http.post(f"{web}/auth/sign-in", json=account, timeout=SECONDS)
        token = json_of(answer)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def start(self, track: dict[str, Any]) -> Started | None:
        """A ticket for a track, when it may be played."""
        context = {"kind": "album", "uid": track["release"]["uid"]}
        asked = {"items": [{"track": track["uid"], "context": context}]}
        (item,) = self._post("play-tickets", asked)["items"]
        return Started(item["ticket"], datetime.now(UTC)) if item["is_playable"] else None

    def end(self, started: Started, listened: timedelta) -> None:
        """Send the play."""
        play = {
            "ticket": started.ticket,
            "listened_ms": int(listened.total_seconds() * 1000),
            "started_at": started.at.isoformat(),
            "ended_at": (started.at + listened).isoformat(),
        }
        (result,) = self._post("plays", {"plays": [play]})["plays"]
        if result["status"] == "rejected":
            raise RefusedError(f"A play of {self.email} was rejected: {result['reason']}.")

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return json_of(self._http.post(f"{self._web}/api/v1/{path}", json=body, timeout=SECONDS))


class Listening:
    """Rounds of half a minute in which each listener plays one song. `tick` is called often and never waits."""

    def __init__(self, listeners: Sequence[Listener], *, favourite: str, rounds: int) -> None:
        self._listeners = listeners
        self._favourite = favourite
        self._rounds = rounds
        self._round = 0
        self._due = 0.0
        self._playing: list[tuple[Listener, Started, timedelta]] = []

    @property
    def is_over(self) -> bool:
        return self._round >= self._rounds and not self._playing

    def tick(self) -> None:
        """End the round when its time has passed, and start the next one when something can be played."""
        if self.is_over or time.monotonic() < self._due:
            return
        for listener, started, listened in self._playing:
            listener.end(started, listened)
        self._playing = []
        tracks = self._listeners[0].pages("tracks") if self._round < self._rounds else []
        if not tracks:
            # Nothing is playable yet.
            self._due = time.monotonic() + 1
            return
        for number, listener in enumerate(self._listeners):
            self._start(number, listener, tracks)
        self._round += 1
        self._due = time.monotonic() + ROUND_SECONDS

    def _start(self, number: int, listener: Listener, tracks: list[dict[str, Any]]) -> None:
        """Every other listener plays the favourite artist; the songs differ by listener and round."""
        turn = number + self._round * len(self._listeners)
        loved = [track for track in tracks if self._favourite in {artist["name"] for artist in track["artists"]}]
        choice = loved if loved and (number + self._round) % 2 == 0 else tracks
        track = min(choice, key=lambda track: _shuffled(turn, track["uid"]))
        started = listener.start(track)
        if started is not None:
            self._playing.append((listener, started, SKIPPED if turn % SKIPS == SKIPS - 1 else LISTENED))


def _shuffled(turn: int, uid: str) -> bytes:
    return hashlib.sha256(f"{turn} {uid}".encode()).digest()
