import logging
import os
from itertools import pairwise

import av
import pytest
from PIL import Image, ImageStat

from catalog.ingest.encode import encode
from catalog.ingest.errors import ClaimLost, IngestError, IngestInterrupted
from catalog.ingest.facts import MediaFacts
from catalog.ingest.package import check_kind
from catalog.ingest.probe import probe
from tests.catalog.ingest.cage import can_cut_off
from tests.catalog.ingest.conftest import package
from tests.catalog.ingest.media import film, pitches, sound, steps, tone


def encoded(source, on_progress=lambda share: None):
    return encode(source, probe(source), source.parent, wanted=["standard"], on_progress=on_progress)


def names(packages):
    return {asset.quality: [facts.name.removesuffix(".mp4") for facts in asset.renditions] for asset in packages.assets}


def asset_of(packages, quality):
    return next(asset for asset in packages.assets if asset.quality == quality)


def sound_of(path):
    """Codec, hertz, channels, bits."""
    with av.open(str(path)) as file:
        sound = file.streams.audio[0]
        return sound.codec_context.name, sound.rate, sound.channels, sound.format.bits


def test_a_song_becomes_preview_standard_and_high(song):
    assert names(song[0]) == {"preview": ["a96"], "standard": ["a64", "a96", "a160"], "high": ["a256", "flac"]}


def test_aac_is_stereo_at_44100_hertz_and_its_rate(song):
    packages, folder = song
    for asset in packages.assets:
        for facts in asset.renditions:
            if facts.codec == "mp4a.40.2":
                assert sound_of(folder / asset.quality / facts.name)[:3] == ("aac", 44_100, 2)
                assert facts.bandwidth == pytest.approx(int(facts.name[1:-4]) * 1000, rel=0.15)


@pytest.mark.parametrize(
    ("codec", "sample_format", "rate", "expected"),
    [
        ("pcm_s16le", "s16", 44_100, (44_100, 16)),
        ("pcm_s16le", "s16", 96_000, (48_000, 16)),
        ("pcm_s24le", "s32", 48_000, (48_000, 24)),
        ("pcm_s24le", "s32", 192_000, (48_000, 24)),
        ("pcm_f32le", "flt", 44_100, (44_100, 24)),
        ("pcm_u8", "u8", 22_050, (22_050, 16)),
    ],
)
def test_flac_keeps_rate_and_bits_up_to_48_khz_and_24_bits(tmp_path, codec, sample_format, rate, expected):
    source = sound(tmp_path / "master.wav", codec, rate=rate, sample_format=sample_format)

    package(source, wanted=["high"])

    with av.open(str(tmp_path / "high" / "flac.mp4")) as file:
        # STREAMINFO: 20 bits of hertz, 3 of channels less one, 5 of bits less one (FLAC §8.2).
        packed = int.from_bytes(bytes(file.streams.audio[0].codec_context.extradata)[10:14])
    assert (packed >> 12, (packed >> 4 & 31) + 1, (packed >> 9 & 7) + 1) == (*expected, 2)


def test_nothing_lossless_is_made_from_what_has_lost_already(tmp_path):
    source = sound(tmp_path / "master.mp3", "libmp3lame")

    assert names(package(source, wanted=["high"])) == {"high": ["a256"]}


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 6)])
def test_mono_and_surround_become_stereo(tmp_path, layout, channels):
    source = sound(tmp_path / "master.wav", "pcm_s16le", layout=layout)
    assert probe(source).channels == channels

    package(source)

    for path in ("preview/a96.mp4", "standard/a64.mp4", "high/a256.mp4", "high/flac.mp4"):
        assert sound_of(tmp_path / path)[2] == 2


@pytest.mark.parametrize(
    ("name", "codec", "flac"),
    [
        ("master.wav", "pcm_s16le", True),
        ("master.flac", "flac", True),
        ("master.m4a", "alac", True),
        ("master.aiff", "pcm_s16be", True),
        ("master.mp3", "libmp3lame", False),
        ("master.m4a", "aac", False),
        ("master.aac", "aac", False),
        ("master.ogg", "vorbis", False),
        ("master.opus", "libopus", False),
        ("master.mka", "flac", True),
    ],
)
def test_every_format_that_is_taken_becomes_a_song(tmp_path, name, codec, flac):
    source = sound(tmp_path / name, codec, rate=48_000)

    packages = package(source)

    assert packages.duration_ms == pytest.approx(2_000, abs=120)
    assert packages.loudness_lufs == pytest.approx(-12, abs=2.5)
    assert names(packages)["high"] == (["a256", "flac"] if flac else ["a256"])


@pytest.mark.parametrize("name", ["master.pdf", "master.mp4", "master"])
def test_the_name_of_a_file_decides_nothing(tmp_path, name):
    tone(tmp_path / "master.wav", 2).rename(tmp_path / name)

    assert package(tmp_path / name, wanted=["standard"]).duration_ms == 2_000


def test_a_preview_is_thirty_seconds_from_three_tenths_on(tmp_path):
    # One second of each pitch, so that what is heard says when it was played.
    packages = package(steps(tmp_path / "master.wav", 60), wanted=["preview", "standard"])

    path = tmp_path / "preview" / "a96.mp4"
    assert pitches(path) == [18 + second for second in range(30)]
    assert packages.duration_ms == 60_000


def test_a_short_song_is_its_own_preview(tmp_path):
    package(steps(tmp_path / "master.wav", 12), wanted=["preview"])

    assert pitches(tmp_path / "preview" / "a96.mp4") == list(range(12))


def test_a_preview_begins_and_ends_softly(song):
    with av.open(str(song[1] / "preview" / "a96.mp4")) as file:
        levels = [float(abs(frame.to_ndarray()).max()) for frame in file.decode(audio=0)]

    middle = levels[len(levels) // 2]
    assert max(levels[:2]) < middle / 2
    assert max(levels[-3:]) < middle / 4


def test_the_duration_is_the_masters_to_the_millisecond(song):
    assert song[0].duration_ms == 41_300


def test_loudness_and_true_peak_are_measured(song):
    # A sine of 0.3 peaks at -10.5 dBFS; with its quieter right channel it has about -11.8 LUFS.
    assert song[0].loudness_lufs == pytest.approx(-11.8, abs=0.5)
    assert song[0].true_peak_db == pytest.approx(-9.9, abs=0.5)


def test_silence_has_no_loudness(tmp_path):
    made = encoded(tone(tmp_path / "silence.wav", 2, gain=0.0))

    assert (made.loudness_lufs, made.true_peak_db) == (None, None)


def test_metadata_of_the_master_is_left_behind(tmp_path):
    source = sound(
        tmp_path / "master.flac", "flac", metadata={"title": "🎵 عنوان الأغنية", "artist": "A", "comment": "x"}
    )
    with av.open(str(source)) as file:
        assert file.metadata["title"] == "🎵 عنوان الأغنية"

    for asset in package(source).assets:
        for facts in asset.renditions:
            with av.open(str(tmp_path / asset.quality / facts.name)) as file:
                assert not {"title", "artist", "comment", "creation_time"} & {name.lower() for name in file.metadata}


def test_progress_rises_to_a_hundred(tmp_path):
    seen = []
    encoded(tone(tmp_path / "tone.wav", 3), seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == 100


def pictures_of(packages, quality="video"):
    return [(facts.name, facts.width, facts.height) for facts in asset_of(packages, quality).renditions if facts.width]


def test_a_video_becomes_preview_video_and_poster(clip):
    assert names(clip[0]) == {
        "preview": ["a64", "v234", "v360"],
        "video": ["a64", "a160", "v234", "v360", "v540"],
        "poster": ["poster.webp", "poster.jpg"],
    }


def test_a_small_picture_is_not_enlarged(tmp_path):
    packages = package(film(tmp_path / "small.mp4", 2, width=320, height=240))

    assert pictures_of(packages) == [("v234.mp4", 312, 234), ("v360.mp4", 320, 240)]
    assert {(facts.width, facts.height) for facts in asset_of(packages, "poster").renditions} == {(320, 240)}


def test_an_upright_picture_stays_upright(tmp_path):
    packages = package(film(tmp_path / "upright.mp4", 2, width=400, height=600))

    assert pictures_of(packages) == [("v234.mp4", 234, 352), ("v360.mp4", 360, 540), ("v540.mp4", 400, 600)]


def test_a_poster_is_a_typical_picture_and_not_the_dark_beginning(tmp_path):
    source = film(tmp_path / "film.mp4", 4, dark_seconds=1)

    package(source, wanted=["poster"])

    for name, kind in (("poster.webp", "WEBP"), ("poster.jpg", "JPEG")):
        with Image.open(tmp_path / name) as picture:
            assert (picture.format, picture.size) == (kind, (854, 480))
            assert ImageStat.Stat(picture.convert("L")).mean[0] > 80


@pytest.mark.parametrize(
    ("name", "codec"), [("whole.flac", "flac"), ("whole.mp3", "libmp3lame"), ("whole.ogg", "vorbis")]
)
def test_a_file_cut_in_the_middle_is_found_out_or_is_just_shorter(tmp_path, name, codec):
    """A header that tells the length gives it away; without one the rest is a song of its own."""
    whole = sound(tmp_path / name, codec, seconds=6).read_bytes()
    cut = tmp_path / f"cut{name}"
    cut.write_bytes(whole[: len(whole) // 2])

    if codec == "vorbis":
        assert 1_000 < package(cut, wanted=["standard"]).duration_ms < 4_000
        return
    with pytest.raises(IngestError) as refused:
        package(cut)

    assert refused.value.code == "TRUNCATED"
    assert "of it arrived" in refused.value.message


def test_a_video_for_an_audio_recording_is_refused(tmp_path):
    with pytest.raises(IngestError, match="make a recording of kind video") as refused:
        check_kind(probe(film(tmp_path / "film.mp4", 1.2)), video=False)

    assert refused.value.code == "NOT_SOUND_ALONE"


def test_sound_alone_for_a_video_is_refused(tmp_path):
    with pytest.raises(IngestError, match="no picture") as refused:
        check_kind(probe(tone(tmp_path / "tone.wav", 2)), video=True)

    assert refused.value.code == "NO_PICTURE"


def test_a_rendition_that_the_cdn_would_not_cache_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.ingest.rules.MAX_RENDITION_BYTES", 80_000)

    packages = package(tone(tmp_path / "tone.wav", 5))

    assert names(packages) == {"preview": ["a96"], "standard": ["a64", "a96"]}
    assert packages.warnings[0] == (
        "Left out because larger than 0 MB, which the CDN would not cache: a160, a256, flac. "
        "Split the recording if listeners should have it."
    )
    assert "a160" not in (tmp_path / "standard" / "main.m3u8").read_text()


def test_the_encoder_stops_writing_what_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.ingest.rules.MAX_RENDITION_BYTES", 300_000)

    package(tone(tmp_path / "tone.wav", 20))

    assert 300_000 < (tmp_path / "high" / "flac.mp4").stat().st_size < 800_000
    assert (tmp_path / "standard" / "a96.mp4").stat().st_size == pytest.approx(20 * 96_000 / 8, rel=0.15)


def test_a_file_whose_renditions_are_all_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.ingest.rules.MAX_RENDITION_BYTES", 1_000)

    with pytest.raises(IngestError) as refused:
        package(tone(tmp_path / "tone.wav", 2))

    assert refused.value.code == "TOO_LARGE"


def test_what_the_progress_raises_stops_the_encoder(tmp_path):
    def lose(share):
        raise ClaimLost

    with pytest.raises(ClaimLost):
        encoded(tone(tmp_path / "tone.wav", 2), lose)


# --- The encoder's cage ----------------------------------------------------------------------------------------------


def test_an_encoder_that_is_killed_lets_the_job_be_tried_again(tmp_path, instead_of_ffmpeg, caplog):
    instead_of_ffmpeg("kill -9 $$")

    with caplog.at_level(logging.CRITICAL), pytest.raises(IngestInterrupted) as stopped:
        encoded(tone(tmp_path / "tone.wav", 2))

    assert stopped.value.code == "ENCODER_STOPPED"


@pytest.mark.parametrize(
    ("complaint", "code"),
    [
        ("av_interleaved_write_frame(): No space left on device", "DISK_FULL"),
        ("Cannot allocate memory", "OUT_OF_MEMORY"),
    ],
)
def test_a_machine_that_is_full_lets_the_job_be_tried_again(tmp_path, instead_of_ffmpeg, complaint, code):
    instead_of_ffmpeg(f"echo '{complaint}' >&2; exit 1")

    with pytest.raises(IngestInterrupted, match="the job is tried again") as stopped:
        encoded(tone(tmp_path / "tone.wav", 2))

    assert stopped.value.code == code


@pytest.mark.parametrize("trap", ["", "trap 'echo Exiting normally, received signal 24. >&2; exit 255' XCPU\n"])
def test_an_encoder_that_does_not_come_to_an_end_is_stopped_for_good(tmp_path, instead_of_ffmpeg, monkeypatch, trap):
    instead_of_ffmpeg(f"{trap}while :; do :; done")
    monkeypatch.setattr("catalog.ingest.encode.CPU_SECONDS", -3)
    monkeypatch.setattr("catalog.ingest.encode.WALL_SHARE", 60)

    with pytest.raises(IngestError) as stopped:
        encoded(tone(tmp_path / "tone.wav", 2))

    assert stopped.value.code == "TOO_SLOW"


def test_an_encoder_that_only_waits_is_stopped_by_the_clock(tmp_path, instead_of_ffmpeg, monkeypatch):
    instead_of_ffmpeg("exec sleep 600")
    monkeypatch.setattr("catalog.ingest.encode.CPU_SECONDS", -3)
    monkeypatch.setattr("catalog.ingest.encode.WALL_SHARE", 1)

    with pytest.raises(IngestInterrupted) as stopped:
        encoded(tone(tmp_path / "tone.wav", 2))

    assert stopped.value.code == "ENCODER_STOPPED"


@pytest.fixture
def spy(tmp_path, open_folder, instead_of_ffmpeg):
    """What a script prints where the encoder would run."""

    def look(script):
        instead_of_ffmpeg(f"({script}) > {open_folder}/report 2>&1; exit 1")
        with pytest.raises(IngestError):
            encoded(tone(tmp_path / "tone.wav", 2))
        return (open_folder / "report").read_text().splitlines()

    return look


def test_the_encoder_runs_under_limits_and_without_our_secrets(spy):
    cpu_seconds, file_blocks, memory_kib, core, niceness, *environment = spy(
        "ulimit -t; ulimit -f; ulimit -v; ulimit -c; nice; env"
    )

    assert (cpu_seconds, memory_kib, core) == ("124", str(6 * 1024 * 1024), "0")
    assert int(file_blocks) * 512 == 1024**3
    assert int(niceness) >= 10
    assert {line.split("=")[0] for line in environment} <= {"PATH", "LC_ALL", "PWD", "OLDPWD", "_", "SHLVL"}


def test_the_encoder_is_nobody_when_the_worker_is_root(spy):
    user, group, groups, no_new_privileges = spy("id -u; id -g; id -G; grep NoNewPrivs /proc/self/status")

    mine = str(os.geteuid())
    assert user == ("65534" if mine == "0" else mine)
    assert (group, groups) == ("65534", "65534") if mine == "0" else (group, groups)
    assert no_new_privileges.split() == ["NoNewPrivs:", "1"]


@pytest.mark.skipif(not can_cut_off(), reason="no namespaces here: the protocol whitelist stands alone")
def test_the_encoder_has_no_network(spy):
    interfaces = spy("tail -n +3 /proc/net/dev")

    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]


def test_the_encoder_may_open_local_files_only_and_must_take_them_for_what_they_are(spy):
    words = spy('echo "$*"')[0].split()

    options = dict(pairwise(words))
    assert options["-protocol_whitelist"] == "file"
    assert words[words.index("-f") + 1] == "wav"
    assert options["-i"] == "file:tone.wav"
    assert not {"hls", "concat", "image2", "dash", "tee", "lavfi"} & set(options["-format_whitelist"].split(","))
    assert [word for word in words if word.startswith("file:")] == [
        "file:tone.wav",
        "file:standard/a64.mp4",
        "file:standard/a96.mp4",
        "file:standard/a160.mp4",
    ]


def test_ffmpeg_itself_refuses_what_the_whitelists_leave_out(tmp_path, ffmpeg):
    """A playlist that was taken for media would lead it to other files and to the network."""
    tone(tmp_path / "other.wav", 1)
    playlist = tmp_path / "master"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.wav\n#EXT-X-ENDLIST\n")
    facts = MediaFacts("audio", "hls", "pcm_s16le", 44_100, 2, 1_000)

    with pytest.raises(IngestError) as refused:
        encode(playlist, facts, tmp_path, wanted=["standard"], on_progress=lambda share: None)

    assert refused.value.code == "CORRUPT"
