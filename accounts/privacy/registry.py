"""The sections of an export: each app registers its own when it starts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from accounts.users.models import User

# Rows that become JSON objects, one at a time: a section may be long.
Rows = Iterable[Mapping[str, Any]]
Section = Callable[[User], Rows]

_sections: dict[str, Section] = {}


def register(name: str, rows_of: Section) -> None:
    _sections[name] = rows_of


def sections() -> dict[str, Section]:
    """By name, in the order of registration: lower apps first."""
    return dict(_sections)
