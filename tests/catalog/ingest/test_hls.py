"""What is packaged, as a player meets it: playlists are parsed, and every byte range is decoded by itself.

The rules are those of RFC 8216 and of Apple's authoring specification for HLS, whose numbers are in the comments.
"""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from catalog.ingest.boxes import FragmentedFile, read_fragmented
from catalog.ingest.playlists import segments_of
from tests.catalog.ingest.conftest import package
from tests.catalog.ingest.media import film, tone

CELLULAR_BITS = 192_000


@dataclass(frozen=True)
class Rendition:
    quality: str
    path: Path
    text: str
    track: FragmentedFile

    @property
    def lines(self):
        return self.text.splitlines()

    @property
    def entries(self):
        """(seconds, size, offset) of each, as a player reads them."""
        found = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)\n", self.text)
        assert {uri for *_, uri in found} == {self.path.name}
        return [(float(seconds), int(size), int(offset)) for seconds, size, offset, _ in found]

    @property
    def init_size(self):
        uri, size = re.search(r'#EXT-X-MAP:URI="(\S+)",BYTERANGE="(\d+)@0"', self.text).groups()
        assert uri == self.path.name
        return int(size)


def renditions_of(made):
    packages, folder = made
    for asset in packages.assets:
        for facts in asset.renditions:
            if facts.name.endswith(".mp4"):
                path = folder / asset.quality / facts.name
                yield Rendition(asset.quality, path, path.with_suffix(".m3u8").read_text(), read_fragmented(path))


def multivariant(made, quality):
    return (made[1] / quality / "main.m3u8").read_text()


def attributes(line):
    return {name: value.strip('"') for name, value in re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', line)}


def variants(text):
    """(attributes, address) of each, in order."""
    found = re.findall(r"#EXT-X-STREAM-INF:(.*)\n(\S+)", text)
    return [(attributes(line), uri) for line, uri in found]


@pytest.fixture(params=["song", "clip"])
def made(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def wide(tmp_path_factory):
    """A video of 4.2 seconds at 1920 × 1080 of noise, the hardest picture there is, which has every rung."""
    folder = tmp_path_factory.mktemp("wide")
    return package(film(folder / "master.mp4", 4.2, width=1_920, height=1_080, noise=True)), folder


# --- Media playlists -------------------------------------------------------------------------------------------------


def test_byte_ranges_and_map_tile_each_file_exactly(made):
    for rendition in renditions_of(made):
        end = rendition.init_size
        for _, size, offset in rendition.entries:
            assert offset == end
            end = offset + size
        assert end == rendition.path.stat().st_size


def test_every_byte_range_can_be_decoded_by_itself(made):
    for rendition in renditions_of(made):
        content = rendition.path.read_bytes()
        init = content[: rendition.init_size]
        for seconds, size, offset in rendition.entries:
            with av.open(io.BytesIO(init + content[offset : offset + size])) as file:
                stream = file.streams[0]
                frames = list(file.decode(stream))
                if stream.type == "audio":
                    # The first frame of an AAC stream is used up to get going.
                    assert sum(frame.samples for frame in frames) / stream.rate == pytest.approx(seconds, abs=0.05)
                else:
                    assert frames[0].key_frame
                    assert len(frames) / float(stream.average_rate or 25) == pytest.approx(seconds, abs=0.01)


def test_listed_durations_add_up_to_the_track(made):
    length = {"preview": min(30, made[0].duration_ms / 1_000)}
    for rendition in renditions_of(made):
        track = rendition.track
        listed = sum(entry[0] for entry in rendition.entries)
        assert listed == pytest.approx(track.duration / track.timescale, abs=1e-6)
        assert listed == pytest.approx(length.get(rendition.quality, made[0].duration_ms / 1_000), abs=0.05)


def test_fragments_follow_each_other_without_a_gap_in_time(made):
    for rendition in renditions_of(made):
        reached = 0
        for fragment in rendition.track.fragments:
            assert fragment.start == reached
            reached += fragment.duration


def test_the_first_second_can_be_fetched_alone(made):
    for rendition in renditions_of(made):
        seconds = [entry[0] for entry in rendition.entries]
        assert seconds[:4] == pytest.approx([1, 1, 2, 2], abs=0.01)
        assert all(5.9 < length < 6.5 for length in seconds[4:-1])


def test_media_playlists_carry_what_apple_requires(made):
    # 7.5: 6 s and at most half a second over. 8.2: the same for sound and picture. 8.6, 8.20.
    for rendition in renditions_of(made):
        assert rendition.lines[0] == "#EXTM3U"
        assert rendition.lines[-1] == "#EXT-X-ENDLIST"
        for tag in ("VERSION:7", "PLAYLIST-TYPE:VOD", "INDEPENDENT-SEGMENTS", "TARGETDURATION:6"):
            assert f"#EXT-X-{tag}" in rendition.lines
        assert all(entry[0] <= 6.5 for entry in rendition.entries)
        assert rendition.init_size < 2_000


def test_all_rungs_of_one_kind_are_cut_at_the_same_moments(made):
    cuts = {}
    for rendition in renditions_of(made):
        moments = tuple(segment.start_us for segment in segments_of(rendition.track))
        cuts.setdefault((rendition.quality, rendition.track.codec[:4]), set()).add(moments)
    assert all(len(found) == 1 for found in cuts.values()), cuts


# --- Sound -----------------------------------------------------------------------------------------------------------


def test_sound_variants_have_codecs_and_both_bandwidths_lowest_first(song):
    # 9.1, 9.14.
    expected = {
        "preview": [("a96.m3u8", "mp4a.40.2")],
        "standard": [("a64.m3u8", "mp4a.40.2"), ("a96.m3u8", "mp4a.40.2"), ("a160.m3u8", "mp4a.40.2")],
        "high": [("a256.m3u8", "mp4a.40.2"), ("flac.m3u8", "fLaC")],
    }
    for asset in song[0].assets:
        found = variants(multivariant(song, asset.quality))
        assert [(uri, said["CODECS"]) for said, uri in found] == expected[asset.quality]
        assert [int(said["BANDWIDTH"]) for said, _ in found] == [facts.bandwidth for facts in asset.renditions]
        assert all(int(said["AVERAGE-BANDWIDTH"]) <= int(said["BANDWIDTH"]) for said, _ in found)


def test_a_mobile_network_finds_a_variant_of_192_kbit(song, wide):
    # 9.21, for the whole song or video as for its preview.
    for made, quality in ((song, "standard"), (song, "preview"), (wide, "video"), (wide, "preview")):
        assert min(int(said["BANDWIDTH"]) for said, _ in variants(multivariant(made, quality))) <= CELLULAR_BITS


def test_the_said_bandwidth_is_never_passed_over_a_target_duration(made):
    for rendition in renditions_of(made):
        said = next(
            facts.bandwidth
            for asset in made[0].assets
            for facts in asset.renditions
            if (asset.quality, facts.name) == (rendition.quality, rendition.path.name)
        )
        for seconds, size, _ in rendition.entries:
            if seconds >= 3:
                assert size * 8 / seconds <= said + 1


# --- Picture ---------------------------------------------------------------------------------------------------------


def test_video_variants_have_resolution_frame_rate_and_their_sound(clip):
    # 9.2, 9.5, 9.15. The second rung is where Apple's players begin.
    text = multivariant(clip, "video")

    groups = [attributes(line) for line in re.findall(r"#EXT-X-MEDIA:(.*)", text)]
    assert [(one["TYPE"], one["GROUP-ID"], one["URI"]) for one in groups] == [
        ("AUDIO", "a64", "a64.m3u8"),
        ("AUDIO", "a160", "a160.m3u8"),
    ]
    assert [(said["RESOLUTION"], said["FRAME-RATE"], said["AUDIO"], uri) for said, uri in variants(text)] == [
        ("640x360", "25.000", "a160", "v360.m3u8"),
        ("416x234", "25.000", "a64", "v234.m3u8"),
        ("854x480", "25.000", "a160", "v540.m3u8"),
    ]
    assert all(re.fullmatch(r"avc1\.6400[0-9a-f]{2},mp4a\.40\.2", said["CODECS"]) for said, _ in variants(text))


def test_a_preview_of_a_video_has_picture_and_sound(clip):
    found = variants(multivariant(clip, "preview"))

    assert [(said["AUDIO"], uri) for said, uri in found] == [("a64", "v360.m3u8"), ("a64", "v234.m3u8")]


def test_a_large_video_has_five_rungs_that_grow_by_two_to_three_times(wide):
    rungs = sorted(
        (int(said["AVERAGE-BANDWIDTH"]), said["RESOLUTION"]) for said, _ in variants(multivariant(wide, "video"))
    )

    assert [resolution for _, resolution in rungs] == ["416x234", "640x360", "960x540", "1280x720", "1920x1080"]


def test_each_fragment_of_a_picture_begins_with_an_idr_frame_every_second(clip):
    # 1.13, 7.4: at least every two seconds, and at the beginning of each segment.
    for rendition in renditions_of(clip):
        if not rendition.track.width:
            continue
        packets, index = idr_flags(rendition.path), 0
        for fragment in rendition.track.fragments:
            assert packets[index], f"{rendition.path.name} has a fragment without an IDR frame in front"
            assert fragment.duration <= 2 * rendition.track.timescale
            index += fragment.samples
        assert index == len(packets)


def idr_flags(path):
    """Whether each frame, in the order of decoding, is an IDR picture (NAL unit type 5)."""
    flags = []
    with av.open(str(path)) as file:
        for packet in file.demux(video=0):
            body = bytes(packet)
            if not body:
                continue
            kinds, offset = set(), 0
            while offset + 4 <= len(body):
                kinds.add(body[offset + 4] & 0x1F)
                offset += 4 + int.from_bytes(body[offset : offset + 4])
            flags.append(5 in kinds)
    return flags


def test_picture_and_sound_begin_together(clip):
    for rendition in renditions_of(clip):
        with av.open(str(rendition.path)) as file:
            assert float(next(file.decode(file.streams[0])).time) == pytest.approx(0, abs=0.1)


# --- Gapless ---------------------------------------------------------------------------------------------------------


def test_encoder_delay_and_padding_are_what_is_too_much(tmp_path):
    seconds = 2.345
    made = package(tone(tmp_path / "tone.wav", seconds)), tmp_path
    samples = int(44_100 * seconds)

    for asset in made[0].assets:
        for facts in asset.renditions:
            with av.open(str(tmp_path / asset.quality / facts.name)) as file:
                frames = sum(packet.size > 0 for packet in file.demux(audio=0))
            if facts.codec == "fLaC":
                assert (facts.encoder_delay, facts.padding) == (0, 0)
            else:
                assert facts.encoder_delay == 1_024
                assert frames * 1_024 - facts.encoder_delay - facts.padding == samples


def test_flac_holds_the_very_samples_of_the_master(tmp_path):
    source = tone(tmp_path / "tone.wav", 2.345)
    package(source)

    assert samples_of(tmp_path / "high" / "flac.mp4") == samples_of(source)


def samples_of(path):
    with av.open(str(path)) as file:
        resampler = av.AudioResampler(format="s16", layout="stereo")
        frames = [one for frame in file.decode(audio=0) for one in resampler.resample(frame)]
    return b"".join(bytes(frame.planes[0])[: frame.samples * 4] for frame in frames)
