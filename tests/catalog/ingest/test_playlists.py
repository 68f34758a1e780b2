import re

import pytest

from catalog.ingest.boxes import Fragment, FragmentedFile, read_fragmented
from catalog.ingest.playlists import (
    average_bandwidth,
    media_playlist,
    peak_bandwidth,
    segments_of,
    sound_multivariant,
)


def listed(text):
    """(seconds, size, offset) of each entry, as a player reads them."""
    entries = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n", text)
    return [(float(seconds), int(size), int(offset)) for seconds, size, offset in entries]


def made_of(count, *, timescale=1000, duration=1000, size=100, last=None):
    """A file of `count` equal fragments after 700 bytes; `last` is the last one's duration."""
    durations = [duration] * (count - 1) + [last or duration]
    fragments = tuple(
        Fragment(700 + index * size, size, index * duration, length, 1) for index, length in enumerate(durations)
    )
    return FragmentedFile("a64.mp4", 700 + count * size, 700, timescale, "mp4a.40.2", 0, 0, fragments)


def tracks(package, folder):
    return [read_fragmented(folder / facts.name) for facts in package.renditions]


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


def test_byte_ranges_and_map_tile_each_file_exactly(song, clip):
    for package, folder in (song, clip):
        for track in tracks(package, folder):
            text = (folder / track.name).with_suffix(".m3u8").read_text()
            end = int(re.search(r'BYTERANGE="(\d+)@0"', text)[1])
            for _, size, offset in listed(text):
                assert offset == end
                end = offset + size
            assert end == (folder / track.name).stat().st_size


def test_listed_durations_add_up_to_the_track(song, clip):
    for package, folder in (song, clip):
        for track in tracks(package, folder):
            entries = listed((folder / track.name).with_suffix(".m3u8").read_text())
            assert sum(entry[0] for entry in entries) == pytest.approx(track.duration / track.timescale, abs=1e-6)
            assert track.duration / track.timescale == pytest.approx(package.duration_ms / 1000, abs=0.05)


def test_fragments_follow_each_other_without_a_gap_in_time(song, clip):
    for package, folder in (song, clip):
        for track in tracks(package, folder):
            reached = 0
            for fragment in track.fragments:
                assert fragment.start == reached
                reached += fragment.duration


def test_all_rungs_of_one_kind_are_cut_at_the_same_moments(song, clip):
    for package, folder in (song, clip):
        cuts = {"a": set(), "v": set()}
        for track in tracks(package, folder):
            cuts[track.name[0]].add(tuple(segment.start_us for segment in segments_of(track)))
        assert [len(found) for found in cuts.values() if found] == [1] * (2 if package is clip[0] else 1)


def test_the_first_second_can_be_fetched_alone(song, clip):
    for package, folder in (song, clip):
        for track in tracks(package, folder):
            seconds = [entry[0] for entry in listed(media_playlist(track))]
            assert seconds[:4] == pytest.approx([1, 1, 2, 2], abs=0.01)
            assert all(5.9 < length < 6.5 for length in seconds[4:-1])


def test_media_playlists_carry_what_apple_requires(song, clip):
    for package, folder in (song, clip):
        for track in tracks(package, folder):
            lines = (folder / track.name).with_suffix(".m3u8").read_text().splitlines()
            assert lines[0] == "#EXTM3U"
            assert lines[-1] == "#EXT-X-ENDLIST"
            for tag in ("VERSION:7", "PLAYLIST-TYPE:VOD", "INDEPENDENT-SEGMENTS", "TARGETDURATION:6"):
                assert f"#EXT-X-{tag}" in lines
            assert all(round(entry[0]) <= 6 for entry in listed("\n".join(lines)))


def test_sound_variants_have_codecs_and_both_bandwidths(song):
    package, folder = song

    lines = (folder / "main.m3u8").read_text().splitlines()

    pattern = r'#EXT-X-STREAM-INF:BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+),CODECS="mp4a\.40\.2"'
    found = [re.fullmatch(pattern, line) for line in lines[3::2]]
    assert lines[4::2] == ["a64.m3u8", "a96.m3u8", "a160.m3u8"]
    assert [int(match[1]) for match in found] == [facts.bandwidth for facts in package.renditions]
    assert all(int(match[2]) <= int(match[1]) for match in found)


def test_video_variants_have_resolution_frame_rate_and_their_sound(clip):
    text = (clip[1] / "main.m3u8").read_text()

    assert re.findall(r'GROUP-ID="(\w+)".*URI="([\w.]+)"', text) == [("a96", "a96.m3u8"), ("a160", "a160.m3u8")]
    variants = re.findall(r'CODECS="([^"]+)",RESOLUTION=(\w+),FRAME-RATE=([\d.]+),AUDIO="(\w+)"\n(\S+)', text)
    assert variants == [
        ("avc1.64001e,mp4a.40.2", "640x360", "25.000", "a96", "v360.m3u8"),
        ("avc1.64001e,mp4a.40.2", "854x480", "25.000", "a160", "v720.m3u8"),
    ]
