import logging
from fractions import Fraction

import av
import pytest

from catalog.ingest.boxes import read_fragmented
from catalog.ingest.encode import encode, frame_rate
from catalog.ingest.errors import ClaimLost, IngestError, IngestInterrupted
from catalog.ingest.package import package_media
from catalog.ingest.playlists import segments_of
from catalog.ingest.probe import probe
from tests.catalog.ingest.media import convert, film, tone


def progress_of(source, folder):
    seen = []
    encoded = encode(source, probe(source), folder, on_progress=seen.append)
    return encoded, seen


def test_a_song_has_three_rungs_of_aac_in_stereo(song):
    package, folder = song

    assert [facts.name for facts in package.renditions] == ["a64.mp4", "a96.mp4", "a160.mp4"]
    for facts, kbps in zip(package.renditions, (64, 96, 160), strict=True):
        with av.open(str(folder / facts.name)) as file:
            sound = file.streams.audio[0]
            assert (sound.codec_context.name, sound.rate, sound.channels) == ("aac", 44_100, 2)
        assert facts.bandwidth == pytest.approx(kbps * 1000, rel=0.15)


def test_the_duration_is_the_masters_to_the_millisecond(song):
    assert song[0].duration_ms == 21_300


def test_loudness_and_true_peak_are_measured(song):
    # A sine of 0.3 peaks at -10.5 dBFS; with its quieter right channel it has about -11.8 LUFS.
    assert song[0].loudness_lufs == pytest.approx(-11.8, abs=0.5)
    assert song[0].true_peak_db == pytest.approx(-9.9, abs=0.5)


def test_silence_has_no_loudness(tmp_path):
    encoded, _ = progress_of(tone(tmp_path / "silence.wav", 2, gain=0.0), tmp_path)

    assert (encoded.loudness_lufs, encoded.true_peak_db) == (None, None)


def test_metadata_of_the_master_is_left_behind(song, clip):
    for package, folder in (song, clip):
        for facts in package.renditions:
            with av.open(str(folder / facts.name)) as file:
                assert not {"title", "artist", "comment", "creation_time"} & set(file.metadata)


def test_progress_rises_to_a_hundred(tmp_path):
    _, seen = progress_of(tone(tmp_path / "tone.wav", 3), tmp_path)

    assert seen == sorted(seen)
    assert seen[-1] == 100


def test_each_video_segment_starts_with_a_keyframe(clip):
    folder = clip[1]
    for name in ("v360.mp4", "v720.mp4"):
        track = read_fragmented(folder / name)
        with av.open(str(folder / name)) as file:
            packets = [packet for packet in file.demux(video=0) if packet.size]
        starts, index = [], 0
        for fragment in track.fragments:
            starts.append(packets[index])
            index += fragment.samples
        assert index == len(packets)
        assert all(packet.is_keyframe for packet in starts)
        assert len(segments_of(track)) == 5


def test_picture_and_sound_begin_together(clip):
    for facts in clip[0].renditions:
        with av.open(str(clip[1] / facts.name)) as file:
            assert float(next(file.decode(file.streams[0])).time) == pytest.approx(0, abs=0.1)


def test_a_small_picture_is_not_enlarged(tmp_path):
    source = film(tmp_path / "small.mp4", 2, width=320, height=240)

    package = package_media(source, tmp_path, video=True, on_progress=lambda share: None)

    assert [(facts.name, facts.width, facts.height) for facts in package.renditions if facts.width] == [
        ("v360.mp4", 320, 240)
    ]


def test_an_upright_picture_stays_upright(tmp_path):
    source = film(tmp_path / "upright.mp4", 2, width=400, height=600)

    package = package_media(source, tmp_path, video=True, on_progress=lambda share: None)

    assert [(facts.width, facts.height) for facts in package.renditions if facts.width] == [(360, 540), (400, 600)]


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


def test_a_flac_cut_in_the_middle_is_found_out_after_decoding(tmp_path):
    whole = convert(tone(tmp_path / "tone.wav", 6), tmp_path / "tone.flac", "flac")
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])

    with pytest.raises(IngestError) as refused:
        package_media(cut, tmp_path, video=False, on_progress=lambda share: None)

    assert refused.value.code == "TRUNCATED"
    assert "of it arrived" in refused.value.message


def test_a_video_for_an_audio_recording_is_refused(tmp_path):
    with pytest.raises(IngestError, match="make a recording of kind video") as refused:
        package_media(film(tmp_path / "film.mp4", 1.2), tmp_path, video=False, on_progress=lambda share: None)

    assert refused.value.code == "NOT_SOUND_ALONE"


def test_sound_alone_for_a_video_is_refused(tmp_path):
    with pytest.raises(IngestError, match="no picture") as refused:
        package_media(tone(tmp_path / "tone.wav", 2), tmp_path, video=True, on_progress=lambda share: None)

    assert refused.value.code == "NO_PICTURE"


def test_a_rendition_that_the_cdn_would_not_cache_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.ingest.package.MAX_RENDITION_BYTES", 40_000)

    package = package_media(tone(tmp_path / "tone.wav", 3), tmp_path, video=False, on_progress=lambda share: None)

    assert [facts.name for facts in package.renditions] == ["a64.mp4", "a96.mp4"]
    assert package.warning == "Left out because larger than 0 MB, which the CDN would not cache: a160."
    assert "a160" not in (tmp_path / "main.m3u8").read_text()


def test_a_file_whose_renditions_are_all_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.ingest.package.MAX_RENDITION_BYTES", 1_000)

    with pytest.raises(IngestError) as refused:
        package_media(tone(tmp_path / "tone.wav", 2), tmp_path, video=False, on_progress=lambda share: None)

    assert refused.value.code == "TOO_LARGE"


def test_what_the_progress_raises_stops_the_encoder(tmp_path):
    source = tone(tmp_path / "tone.wav", 2)

    def lose(share):
        raise ClaimLost

    with pytest.raises(ClaimLost):
        encode(source, probe(source), tmp_path, on_progress=lose)


def test_an_encoder_that_is_killed_lets_the_job_be_tried_again(tmp_path, monkeypatch, caplog):
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setenv("FFMPEG", str(killed))
    source = tone(tmp_path / "tone.wav", 2)

    with caplog.at_level(logging.CRITICAL), pytest.raises(IngestInterrupted) as stopped:
        encode(source, probe(source), tmp_path, on_progress=lambda share: None)

    assert stopped.value.code == "ENCODER_STOPPED"


@pytest.mark.parametrize("trap", ["", "trap 'echo Exiting normally, received signal 24. >&2; exit 255' XCPU\n"])
def test_an_encoder_that_does_not_come_to_an_end_is_stopped_for_good(tmp_path, monkeypatch, trap):
    endless = tmp_path / "endless"
    endless.write_text(f"#!/bin/sh\n{trap}while :; do :; done\n")
    endless.chmod(0o755)
    monkeypatch.setenv("FFMPEG", str(endless))
    monkeypatch.setattr("catalog.ingest.encode.CPU_SECONDS", -3)
    monkeypatch.setattr("catalog.ingest.encode.WALL_SHARE", 60)
    source = tone(tmp_path / "tone.wav", 2)

    with pytest.raises(IngestError) as stopped:
        encode(source, probe(source), tmp_path, on_progress=lambda share: None)

    assert stopped.value.code == "TOO_SLOW"


def test_the_encoder_runs_under_limits_and_without_our_secrets(tmp_path, monkeypatch):
    report = tmp_path / "report"
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\n(ulimit -t; ulimit -f; ulimit -v; env) > {report}\n")
    spy.chmod(0o755)
    monkeypatch.setenv("FFMPEG", str(spy))
    source = tone(tmp_path / "tone.wav", 2)

    with pytest.raises(IngestError):
        encode(source, probe(source), tmp_path, on_progress=lambda share: None)

    cpu_seconds, file_blocks, memory_kib, *environment = report.read_text().splitlines()
    assert (cpu_seconds, memory_kib) == ("124", str(6 * 1024 * 1024))
    assert file_blocks != "unlimited"
    assert {line.split("=")[0] for line in environment} <= {"PATH", "LC_ALL", "PWD", "OLDPWD", "_", "SHLVL"}
