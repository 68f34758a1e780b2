"""Decisions told step by step: `manage.py explain KIND ...`. Apps register what they can explain."""

from collections.abc import Callable
from dataclasses import dataclass

Teller = Callable[..., list[str]]


class UnknownThing(Exception):
    """What was named does not exist; the text says which."""


@dataclass(frozen=True)
class Explanation:
    """`arguments` are what `tell` takes, in order, by the names that the command shows."""

    arguments: tuple[str, ...]
    tell: Teller


_known: dict[str, Explanation] = {}


def register(kind: str, *arguments: str, tell: Teller) -> None:
    _known[kind] = Explanation(arguments, tell)


def known() -> dict[str, Explanation]:
    return dict(sorted(_known.items()))


def explain(kind: str, *named: str) -> list[str]:
    """Sentences, in the order of the decision. Raises UnknownThing, KeyError for a kind that nobody registered."""
    return _known[kind].tell(*named)
