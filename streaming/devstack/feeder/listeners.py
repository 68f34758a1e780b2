"""People who sign up through the API and listen to what there is, one song at a time."""

import hashlib
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from streaming.devstack.feeder.http import SECONDS, RefusedError, checked, json_of, session

# Just over what makes a stream; a song that is skipped ends before.
LISTENED = timedelta(seconds=31)
SKIPPED = timedelta(seconds=12)
# The server compares with its own clock: half a second more than was listened to.
ROUND_SECONDS = LISTENED.total_seconds() + 0.5
SKIPS = 7
# The flows' word for "something is still to be entered".
NOT_YET = 401
MAIL_TRIES, MAIL_SECONDS = 60, 0.5
EFFECT_TRIES, EFFECT_SECONDS = 120, 0.25
CODE = re.compile(r"Your code is ([A-Z0-9-]+)")
REFRESH_BEFORE = timedelta(minutes=1)


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
        self._http.headers["X-Client-Name"] = "The demo's player"
        account = {"email": email, "password": password}
        self._seen = self._newest_mail()
        answer = self._flow("auth/login", account)
        if not answer.ok:
            answer = self._flow("auth/signup", {**account, "display_name": display_name})
        if answer.status_code == NOT_YET:
            answer = self._enter_code(answer)
        self._keep(json_of(answer)["meta"])

    def _flow(self, path: str, body: Mapping[str, str], **headers: str) -> requests.Response:
        return self._http.post(f"{self._web}/auth/app/v1/{path}", json=body, headers=headers, timeout=SECONDS)

    def _enter_code(self, answer: requests.Response) -> requests.Response:
        """Read the code in the local mailbox, as a person would, and go on with the flow."""
        flow = answer.json()["meta"].get("session_token", "")
        for _ in range(MAIL_TRIES):
            mail = self._newest_mail()
            if mail == self._seen:
                mail = ""
            if "have an account already" in mail:
                raise RefusedError(f"{self.email} has an account with another password.")
            if code := CODE.search(mail):
                return self._flow("auth/email/verify", {"key": code.group(1)}, **{"X-Session-Token": flow})
            time.sleep(MAIL_SECONDS)
        raise RefusedError(f"No code for {self.email} came to {self._web}/mail/.")

    def _newest_mail(self) -> str:
        """To this address, or nothing yet. The newest is on top."""
        page = self._http.get(f"{self._web}/mail/", timeout=SECONDS).text
        return next((mail for mail in page.split("<article")[1:] if self.email in mail), "")

    def _keep(self, tokens: Mapping[str, Any]) -> None:
        self._refresh_token = str(tokens["refresh_token"])
        self._expires_at = datetime.fromisoformat(str(tokens["expires_at"]))
        self._http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    def _stay_signed_in(self) -> None:
        """An access token lives ten minutes, and a demo on a slow machine takes longer."""
        if datetime.now(UTC) > self._expires_at - REFRESH_BEFORE:
            asked = {"refresh_token": self._refresh_token, "attempt_id": secrets.token_hex(16)}
            self._keep(json_of(self._http.post(f"{self._web}/auth/refresh", json=asked, timeout=SECONDS)))

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        self._stay_signed_in()
        return super().get(path, **params)

    def subscribe(self) -> None:
        """Through the checkout, as a person does, until the paid rights are there."""
        product = self.get("offerings", platform="web")["results"][0]["uid"]
        checkout = self._post("me/subscription/checkout", {"product": product}, **{"Idempotency-Key": self.email})
        checked(requests.post(checkout["url"], data={"do": "pay"}, allow_redirects=False, timeout=SECONDS))
        for _ in range(EFFECT_TRIES):
            if self.get("me")["entitlements"]["tier"] == "paid":
                return
            time.sleep(EFFECT_SECONDS)
        raise RefusedError(f"{self.email} has paid, and is not on the paid tier.")

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

    def _post(self, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
        self._stay_signed_in()
        return json_of(self._http.post(f"{self._web}/api/v1/{path}", json=body, headers=headers, timeout=SECONDS))


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
