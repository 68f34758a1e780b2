"""Lyrics: plain and timed, for whoever may hear the track."""

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalog.music.lyrics import Line, NotTimed, parse_lrc
from catalog.music.models import Lyrics
from catalog.music.validators import validate_lrc
from catalog.rights.models import Rule
from tests.factories import RecordingFactory, TrackFactory


def test_lines_are_in_the_order_of_their_times():
    text = "[ar:Mira Solano]\n[00:12.5]One\n\n[01:02.345]Three\n[00:20]Two [live]\n"

    assert parse_lrc(text) == [Line(12_500, "One"), Line(20_000, "Two [live]"), Line(62_345, "Three")]


def test_a_line_may_stand_at_several_times_and_may_be_empty():
    assert parse_lrc("[00:10.00][00:30.00]Refrain\n[00:20.00]") == [
        Line(10_000, "Refrain"),
        Line(20_000, ""),
        Line(30_000, "Refrain"),
    ]


def test_an_offset_moves_all_lines_and_none_before_the_start():
    assert parse_lrc("[offset:+500]\n[00:00.20]A\n[00:01.00]B") == [Line(0, "A"), Line(500, "B")]


@pytest.mark.parametrize(
    ("text", "line"), [("Hello", 1), ("[00:01.00]A\nHello", 2), ("[00:61.00]A", 1), ("[offset:soon]", 1)]
)
def test_what_is_no_lrc_is_refused_with_its_line(text, line):
    with pytest.raises(NotTimed, match=f"Line {line} "):
        parse_lrc(text)
    with pytest.raises(ValidationError, match=f"Line {line} "):
        validate_lrc(text)


words = st.text(st.characters(blacklist_categories=["Cc", "Zl", "Zp", "Cs"], blacklist_characters="[]")).map(str.strip)


@given(st.lists(st.tuples(st.integers(0, 359_999), words), max_size=20))
def test_what_is_written_is_read(rows):
    text = "\n".join(f"[{at // 6000:02}:{at // 100 % 60:02}.{at % 100:02}]{line}" for at, line in rows)

    assert parse_lrc(text) == sorted((Line(at * 10, line) for at, line in rows), key=lambda line: line.start_ms)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    with suppress(NotTimed):
        assert all(line.start_ms >= 0 for line in parse_lrc(text))


@pytest.fixture
def track(db):
    track = TrackFactory(recording=RecordingFactory(explicit=True))
    Lyrics.objects.create(recording=track.recording, language="pt-BR", text="Um")
    Lyrics.objects.create(recording=track.recording, language="en", text="One", timed="[00:01.00]One")
    return track


def test_lyrics_by_language_with_their_lines(track, api, django_assert_num_queries):
    with django_assert_num_queries(2):
        rows = api.get(f"/api/v1/tracks/{track.uid}/lyrics").json()["results"]

    assert rows == [
        {"language": "en", "text": "One", "lines": [{"start_ms": 1000, "text": "One"}]},
        {"language": "pt-BR", "text": "Um", "lines": []},
    ]
    assert api.get(f"/api/v1/tracks/{track.uid}").json()["lyrics"] == ["en", "pt-BR"]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_of_lyrics_costs_the_same_with_one_and_three(db, api, django_assert_num_queries, rows):
    track = TrackFactory()
    for language in ("en", "de", "fr")[:rows]:
        Lyrics.objects.create(recording=track.recording, language=language, text="One")

    # the track with its rights, its lyrics
    with django_assert_num_queries(2):
        response = api.get(f"/api/v1/tracks/{track.uid}/lyrics")

    assert len(response.json()["results"]) == rows


def test_where_the_track_may_not_be_heard_there_are_no_words(track, api, api_as, bob):
    bob.hide_explicit = True
    bob.save()
    assert api_as(bob).get(f"/api/v1/tracks/{track.uid}/lyrics").json()["results"] == []

    Rule.objects.create(track=track, access="paid")
    assert len(api.get(f"/api/v1/tracks/{track.uid}/lyrics").json()["results"]) == 2

    Rule.objects.create(release=track.release, scope="exclude", territories=["US"])
    Rule.objects.filter(track=track).delete()
    assert api.get(f"/api/v1/tracks/{track.uid}/lyrics").json()["results"] == []


def test_what_is_not_announced_has_no_lyrics_page(track, api):
    track.release.announced_at = None
    track.release.save()

    assert api.get(f"/api/v1/tracks/{track.uid}/lyrics").status_code == 404
    assert api.get("/api/v1/tracks/x/lyrics").status_code == 400
