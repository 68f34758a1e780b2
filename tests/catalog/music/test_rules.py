"""Gains, and the line of names under a title."""

from types import SimpleNamespace

import pytest

from catalog.music.rules import line_of


def credit(name, join="", role="main"):
    return SimpleNamespace(artist=SimpleNamespace(name=name), join_phrase=join, role=role)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        ([], ""),
        ([credit("A")], "A"),
        ([credit("A"), credit("B")], "A, B"),
        ([credit("A", "&"), credit("B")], "A & B"),
        ([credit("A", " x "), credit("B"), credit("C", role="featured")], "A x B feat. C"),
        ([credit("A", "with"), credit("B", role="featured"), credit("C", role="featured")], "A with B, C"),
        ([credit("A", ","), credit("B")], "A, B"),
    ],
)
def test_names_are_joined_by_what_is_said_between_them(names, line):
    assert line_of(names) == line
