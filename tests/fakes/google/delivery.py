"""Pub/Sub's push: signed in with a token of Google's, and able to do what networks do."""

import base64
import itertools
import json
import random
import time
from collections.abc import Callable
from typing import Any

import jwt

from tests.fakes.google.play import AUDIENCE, PUSH_ACCOUNT, Object, Play

# Takes the body and the headers; answers the status.
Deliver = Callable[[bytes, dict[str, str]], int]
_numbers = itertools.count(1)


def bearer(play: Play, *, key: Any = None, headers: Any = None, **claims: Any) -> str:
    """The OIDC token of a push; `claims` replace what is right."""
    (kid, private), *_ = play.push_keys.items()
    now = int(time.time())
    body = {
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "1093", "sub": "1093", "email": PUSH_ACCOUNT,
        "email_verified": True, "iat": now, "exp": now + 3600, **claims,
    }  # fmt: skip
    return jwt.encode(body, key or private, algorithm="RS256", headers={"kid": kid, **(headers or {})})


def pushed(news: Object, *, message_id: str = "") -> bytes:
    """The body of a push, wrapped as Pub/Sub wraps it."""
    data = base64.b64encode(json.dumps(news).encode()).decode()
    message = {"data": data, "messageId": message_id or f"1369693{next(_numbers)}", "attributes": {}}
    message["publishTime"] = "2026-11-25T12:00:00.000Z"
    return json.dumps({"message": message, "subscription": "projects/backbeat/subscriptions/play"}).encode()


def signed(play: Play, body: bytes) -> tuple[bytes, dict[str, str]]:
    return body, {"Authorization": f"Bearer {bearer(play)}"}


def flush(play: Play, deliver: Deliver, *, seed: int | None = None, duplicate: bool = False) -> None:
    """Deliver everything that waits: in order, or with a seed shuffled; twice on demand."""
    waiting, play.undelivered = [(news, pushed(news)) for news in play.undelivered], []
    if duplicate:
        waiting = waiting * 2
    if seed is not None:
        random.Random(seed).shuffle(waiting)
    for news, body in waiting:
        if deliver(*signed(play, body)) != 200:
            play.undelivered.append(news)


def drop(play: Play) -> None:
    """What waits is lost for good."""
    play.undelivered = []
