"""Typed reads of the environment.

A missing or malformed value does not raise here: it is noted in `problems` and reported by
`manage.py check` (streaming.checks), so that one run names everything there is to set.
"""

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Problem:
    name: str
    sentence: str


problems: list[Problem] = []


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "") or default


def required(name: str, what: str) -> str:
    """The value of `name`; when it is not set, a problem that says what to set, and an empty string."""
    value = os.environ.get(name, "")
    if not value:
        problems.append(Problem(name, f"{name} is not set. Set it to {what}."))
    return value


def boolean(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").lower()
    if value in ("", "0", "1", "true", "false", "yes", "no"):
        return default if value == "" else value in ("1", "true", "yes")
    problems.append(Problem(name, f"{name} is {value!r}. Set it to true or false."))
    return default


def integer(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    try:
        return int(value) if value else default
    except ValueError:
        problems.append(Problem(name, f"{name} is {value!r}. Set it to a whole number."))
        return default


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without its empty items."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, allowed: list[str]) -> str:
    """One of the allowed words; the first one when it is not set."""
    value = os.environ.get(name, "") or allowed[0]
    if value in allowed:
        return value
    problems.append(Problem(name, f"{name} is {value!r}. Set it to {' or '.join(allowed)}."))
    return allowed[0]


def folder(name: str, default: str) -> str:
    """A path inside the site: no slash in front, one at the end."""
    value = text(name, default)
    if re.fullmatch(r"[A-Za-z0-9_-]+/", value):
        return value
    problems.append(Problem(name, f"{name} is {value!r}. Set it to one word and a slash, such as staff/."))
    return default


def keys(name: str, what: str) -> list[str]:
    """One or two secrets, the current one first; two are accepted so that a key can be rotated."""
    required(name, what)
    found = words(name)
    if len(found) > 2:
        problems.append(Problem(name, f"{name} holds {len(found)} keys. Keep the current and the previous one."))
    return found[:2]


def database(name: str) -> dict[str, object]:
    """Django's DATABASES entry from postgres://user:password@host:port/name."""
    url = urlsplit(required(name, "postgres://user:password@host:5432/name") or "postgres://localhost/backbeat")
    if url.scheme not in ("postgres", "postgresql"):
        problems.append(Problem(name, f"{name} starts with {url.scheme}://. Only postgres:// works."))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.lstrip("/"),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(url.port or ""),
    }
