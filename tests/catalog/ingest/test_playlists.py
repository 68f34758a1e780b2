import re

from catalog.ingest.boxes import Fragment, FragmentedFile
from catalog.ingest.playlists import average_bandwidth, peak_bandwidth, segments_of, sound_multivariant


def made_of(count, *, timescale=1000, duration=1000, size=100, last=None):
    """A file of `count` equal fragments after 700 bytes; `last` is the last one's duration."""
    durations = [duration] * (count - 1) + [last or duration]
    fragments = tuple(
        Fragment(700 + index * size, size, index * duration, length, 1) for index, length in enumerate(durations)
    )
    return FragmentedFile("a64.mp4", 700 + count * size, 700, timescale, "mp4a.40.2", 0, 0, fragments)


def test_segments_are_listed_as_one_one_two_two_and_then_six():
    assert [segment.duration_us // 1_000_000 for segment in segments_of(made_of(25))] == [1, 1, 2, 2, 6, 6, 6, 1]


def test_a_short_rest_joins_the_segment_before_it():
    segments = segments_of(made_of(13, last=400))

    assert [segment.duration_us for segment in segments] == [1_000_000, 1_000_000, 2_000_000, 2_000_000, 6_400_000]


def test_a_rest_that_would_pass_the_target_stays_alone():
    assert [segment.duration_us for segment in segments_of(made_of(13, last=600))][-2:] == [6_000_000, 600_000]


def test_a_song_of_three_seconds_is_not_grouped_further():
    assert [segment.duration_us for segment in segments_of(made_of(3))] == [1_000_000, 1_000_000, 1_000_000]


def test_rounding_does_not_add_up_over_a_long_file():
    file = made_of(3600, timescale=44_100, duration=44_032)

    assert sum(segment.duration_us for segment in segments_of(file)) == round(3600 * 44_032 * 1_000_000 / 44_100)


def test_the_peak_is_measured_over_neighbours_near_the_target_duration():
    file = made_of(18)
    loud = tuple(
        Fragment(one.offset, 300 if index >= 12 else 100, one.start, one.duration, 1)
        for index, one in enumerate(file.fragments)
    )
    file = FragmentedFile("a64.mp4", file.size, 700, 1000, "mp4a.40.2", 0, 0, loud)

    assert peak_bandwidth(file) == 2_400
    assert average_bandwidth(file) == 1_334


def test_the_first_variant_is_the_lowest():
    text = sound_multivariant([made_of(8), made_of(8, size=200)])

    assert [int(value) for value in re.findall(r":BANDWIDTH=(\d+)", text)] == [800, 1_600]
