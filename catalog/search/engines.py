"""Which engine answers. Engines say what is where in the order, and nothing else: what a viewer sees of it is decided
by `queries.py`."""

from dataclasses import dataclass

from catalog.search import postgres
from catalog.search.models import Kind
from catalog.search.rules import Asked, Hit


@dataclass(frozen=True)
class Answer:
    engine: str
    hits: dict[Kind, list[Hit]]


def find(asked: Asked) -> Answer:
    return Answer(postgres.NAME, postgres.find(asked))
