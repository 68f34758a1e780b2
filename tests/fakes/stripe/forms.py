"""Stripe's requests: forms whose names say where a value belongs (`items[0][price]=…`), and `expand`."""

import re
from typing import Any
from urllib.parse import parse_qsl


def parse(text: str) -> dict[str, Any]:
    """The nested dicts and lists that a form stands for."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        place, *rest = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        node: Any = found
        path = [place, *rest]
        for step in path[:-1]:
            node = node.setdefault(step, {})
        last = path[-1] or str(len(node))
        node[last] = value
    return {name: _listed(value) for name, value in found.items()}


def _listed(value: Any) -> Any:
    """Dicts whose names are 0, 1, 2 … are lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _listed(part) for name, part in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner
