import hashlib

import numpy as np
import pytest

from streaming.devstack.demo import ARTISTS, ingest_order
from streaming.devstack.demo.drums import DRUMS, cymbal
from streaming.devstack.demo.effects import PEAK
from streaming.devstack.demo.harmony import parse_chord, voicing
from streaming.devstack.demo.music import render
from streaming.devstack.demo.score import score
from streaming.devstack.demo.synth import RATE, TIMBRES, note

AUDIO = [song for _, song in ingest_order() if song.kind == "audio"]
# One song by every second artist: enough of the sounds, in little time.
ONE_EACH = [
    min((song for song in AUDIO if song.artists[0] is artist), key=lambda song: song.seconds) for artist in ARTISTS[::2]
]


@pytest.fixture(scope="module")
def rendered():
    return {song.slug: render(song.recipe) for song in ONE_EACH}


def test_a_song_has_the_same_samples_each_time(rendered):
    first = ONE_EACH[0]
    again = render(first.recipe)
    assert hashlib.sha256(again.tobytes()).digest() == hashlib.sha256(rendered[first.slug].tobytes()).digest()


def test_a_song_is_as_long_as_its_recipe_says(rendered):
    for song in ONE_EACH:
        samples = rendered[song.slug]
        assert samples.dtype == np.int16
        assert samples.shape == (round(song.seconds * RATE), 2)


def test_peaks_are_one_and_a_half_decibels_under_full_scale(rendered):
    for samples in rendered.values():
        assert abs(max(int(samples.max()), -int(samples.min())) - PEAK * 32767) <= 1


def test_songs_differ_in_loudness_within_reason(rendered):
    power = [float((samples.astype(np.float32) ** 2).mean()) / 32768**2 for samples in rendered.values()]
    loudness = [10 * np.log10(mean) for mean in power]
    assert min(loudness) > -22
    assert max(loudness) < -11
    assert 1.5 < max(loudness) - min(loudness) < 8


def test_songs_begin_at_once_end_in_silence_and_have_no_offset(rendered):
    for name, samples in rendered.items():
        assert np.abs(samples[: RATE // 4]).max() > 300, name
        assert np.abs(samples[:4]).max() < 30
        assert np.abs(samples[-RATE // 100 :]).max() < 30
        assert np.abs(samples.mean(axis=0)).max() < 60


def test_the_two_sides_differ_but_belong_together(rendered):
    for samples in rendered.values():
        assert 0.1 < np.corrcoef(samples[::7, 0], samples[::7, 1])[0, 1] < 0.95


@pytest.mark.parametrize("timbre", sorted(TIMBRES))
@pytest.mark.parametrize("midi", [40, 64, 88])
def test_a_note_has_no_click_at_either_end(timbre, midi):
    sound = note(timbre, midi, 0.4)
    assert 0.1 < np.abs(sound).max() < 1.3
    assert abs(sound[0]) < 0.02
    assert abs(sound[-1]) < 0.001


def test_drums_end_in_silence():
    for make in (*DRUMS.values(), cymbal):
        hit = make()
        assert 0.1 < np.abs(hit).max() < 1.5
        assert abs(hit[-1]) < 0.001


def test_every_note_lies_within_its_song_and_a_playable_range():
    for song in AUDIO:
        for event in score(song.recipe):
            assert 0 <= event.start < song.seconds
            assert 0 < event.level <= 1
            assert event.pitch is None or 30 <= event.pitch <= 96


def test_chords_follow_their_names():
    assert parse_chord("F#m7").classes == (6, 9, 1, 4)
    assert parse_chord("Bb").classes == (10, 2, 5)
    with pytest.raises(ValueError, match="Hm"):
        parse_chord("Hm")


def test_voices_move_little_from_chord_to_chord():
    before = voicing(parse_chord("C"), None, 64)
    after = voicing(parse_chord("Am"), before, 64)
    assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) <= 4
