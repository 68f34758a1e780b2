from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ingest.facts import MediaFacts
from catalog.ingest.rules import (
    PREVIEW_MS,
    RUNGS,
    flac_format,
    frame_rate,
    plan_assets,
    preview_window,
    qualities_of,
    rungs_for,
    warnings_about,
)

SIDES = st.integers(16, 8_192)


@pytest.mark.parametrize(
    ("source", "encoded"),
    [
        (Fraction(25), Fraction(25)),
        (Fraction(2997, 100), Fraction(30_000, 1001)),
        (Fraction(50), Fraction(25)),
        (Fraction(60), Fraction(30)),
        (Fraction(60_000, 1001), Fraction(30_000, 1001)),
        (Fraction(24_000, 1001), Fraction(24_000, 1001)),
        (Fraction(12), Fraction(12)),
        (Fraction(1, 10), Fraction(1)),
    ],
)
def test_frame_rates_are_standard_ones_of_thirty_at_most(source, encoded):
    assert frame_rate(source) == encoded


@given(SIDES, SIDES)
def test_rungs_show_more_than_the_one_before_and_never_more_than_needed(width, height):
    rungs = rungs_for(width, height)
    short = min(width, height)

    assert rungs == RUNGS[: len(rungs)]
    assert rungs[0].name == "v234"
    assert all(short > rung.lines for rung in rungs[:-1])
    assert len(rungs) == len(RUNGS) or short <= rungs[-1].lines


@pytest.mark.parametrize(
    ("lines", "top"), [(144, "v234"), (240, "v360"), (480, "v540"), (720, "v720"), (1080, "v1080"), (2160, "v1080")]
)
def test_the_ladder_ends_at_the_height_of_the_source_or_at_1080(lines, top):
    assert rungs_for(lines * 16 // 9, lines)[-1].name == top


@given(st.integers(1, 30_000))
def test_a_song_of_thirty_seconds_or_less_is_heard_whole(duration_ms):
    assert preview_window(duration_ms) is None


@given(st.integers(30_001, 21_600_000))
def test_a_preview_is_thirty_seconds_inside_the_song(duration_ms):
    window = preview_window(duration_ms)

    assert window.length_ms == PREVIEW_MS
    assert 0 <= window.start_ms <= duration_ms - PREVIEW_MS
    assert window.start_ms <= duration_ms * 3 // 10


@given(st.integers(8_000, 768_000), st.sampled_from([8, 16, 32, 64]))
def test_flac_is_never_above_48_khz_and_24_bits(rate, bits):
    hertz, depth = flac_format(MediaFacts("audio", "wav", "pcm_s16le", rate, 2, 1_000, bits=bits))

    assert hertz == min(rate, 48_000)
    assert depth == (16 if bits <= 16 else 24)


def test_an_ad_is_only_what_is_played():
    assert qualities_of("audio", is_ad=True) == ("standard",)
    assert qualities_of("video", is_ad=True) == ("video",)


def test_only_what_is_wanted_is_planned():
    facts = MediaFacts("audio", "wav", "pcm_s16le", 44_100, 2, 60_000)

    assert set(plan_assets(facts, ["high"])) == {"high"}


def warned(duration_ms=60_000, true_peak_db=-1.0, left_out=(), counts=True):
    return warnings_about(duration_ms=duration_ms, true_peak_db=true_peak_db, left_out=left_out, counts=counts)


def test_a_good_master_needs_no_warning():
    assert warned() == []
    assert warned(true_peak_db=0.0) == []
    assert warned(true_peak_db=None) == []


@pytest.mark.parametrize(("duration_ms", "warns"), [(29_999, True), (30_000, True), (30_001, False)])
def test_what_can_not_count_is_said(duration_ms, warns):
    assert bool(warned(duration_ms=duration_ms)) is warns


def test_an_ad_never_counts_and_needs_no_warning_of_it():
    assert warned(duration_ms=12_000, counts=False) == []


def test_clipping_is_said_with_what_to_do():
    assert warned(true_peak_db=1.25) == [
        (
            "It clips: the true peak is +1.2 dBTP, which distorts in many players. "
            "Ask for a master whose true peak stays below −1 dBTP and upload that."
        )
    ]
