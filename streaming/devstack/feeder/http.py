"""Requests to the web server, and what it says when it refuses one."""

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

SECONDS = 30.0
UPLOAD_SECONDS = 300.0


class RefusedError(Exception):
    """The server did not do what was asked; the text says what and why."""


def session(web: str) -> requests.Session:
    """A web server that is being started again is waited for; a request that was sent is never sent twice."""
    made = requests.Session()
    made.mount("http", HTTPAdapter(max_retries=Retry(total=None, connect=6, read=0, other=0, backoff_factor=0.3)))
    # Django wants it for forms over HTTPS.
    made.headers["Referer"] = f"{web}/"
    return made


def json_of(answer: requests.Response) -> dict[str, Any]:
    """The object in a successful answer. Raises RefusedError with the problem's own sentence."""
    try:
        value = answer.json()
    except ValueError:
        value = {}
    if not answer.ok or not isinstance(value, dict):
        detail = value.get("detail") if isinstance(value, dict) else None
        raise RefusedError(f"{_what(answer)}: {detail or answer.reason}")
    return value


def checked(answer: requests.Response) -> requests.Response:
    """Raises RefusedError."""
    if not answer.ok:
        raise RefusedError(f"{_what(answer)}: {answer.reason}")
    return answer


def _what(answer: requests.Response) -> str:
    """Without the query: in the address of an upload it is a signature."""
    request = answer.request
    return f"{request.method} {urlsplit(request.url or '').path} was answered with {answer.status_code}"
