"""Gains, and the line of names under a title."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.music.rules import Measured, line_of, loudness_together


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


PARTS = st.lists(
    st.builds(Measured, st.floats(-60, 0), st.floats(-30, 3), st.integers(1, 6 * 3_600_000)), min_size=1, max_size=30
)


@given(PARTS)
def test_an_album_is_between_its_softest_and_its_loudest_song(parts):
    loudness, peak = loudness_together(parts)

    levels = [part.loudness_lufs for part in parts]
    assert min(levels) - 0.01 <= loudness <= max(levels) + 0.01
    assert peak == max(part.true_peak_db for part in parts)


@given(PARTS, st.randoms())
def test_the_order_of_the_songs_changes_nothing(parts, random):
    shuffled = random.sample(parts, len(parts))

    assert loudness_together(shuffled)[0] == pytest.approx(loudness_together(parts)[0], abs=0.011)


@given(PARTS)
def test_an_album_heard_twice_is_as_loud_as_once(parts):
    assert loudness_together(parts * 2)[0] == pytest.approx(loudness_together(parts)[0], abs=0.011)


@given(PARTS)
def test_a_song_cut_in_two_counts_as_much_as_whole(parts):
    first = parts[0]
    halves = [first, first]
    whole = Measured(first.loudness_lufs, first.true_peak_db, first.duration_ms * 2)

    assert loudness_together([*halves, *parts[1:]])[0] == pytest.approx(
        loudness_together([whole, *parts[1:]])[0], abs=0.011
    )


def test_equal_times_of_a_tenth_of_the_energy_are_2_6_db_less():
    parts = [Measured(-10.0, -1.0, 60_000), Measured(-20.0, 0.5, 60_000)]

    assert loudness_together(parts) == (round(-10 + 10 * math.log10(0.55), 2), 0.5)


def test_nothing_that_is_heard_has_no_loudness():
    assert loudness_together([]) == (None, None)
    assert loudness_together([Measured(-10.0, -1.0, 0)]) == (None, None)
