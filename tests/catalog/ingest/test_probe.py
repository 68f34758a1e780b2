import os
import struct
import subprocess
import sys
import zipfile
from fractions import Fraction

import av
import pytest

from catalog.ingest.errors import IngestError
from catalog.ingest.facts import MediaFacts
from catalog.ingest.probe import probe
from tests.catalog.ingest.media import convert, film, picture, png_bomb, sound, tone, with_cover


def refusal(path):
    with pytest.raises(IngestError) as refused:
        probe(path)
    return refused.value.code, refused.value.message


def written(path, content):
    path.write_bytes(content)
    return path


def test_a_wav_is_sound_with_its_facts(tmp_path):
    facts = probe(tone(tmp_path / "tone.wav", 2.5, rate=48_000))

    assert facts == MediaFacts("audio", "wav", "pcm_s16le", 48_000, 2, 2_500)


@pytest.mark.parametrize(
    ("name", "codec", "demuxer"),
    [
        ("tone.flac", "flac", "flac"),
        ("tone.m4a", "alac", "mov"),
        ("tone.aiff", "pcm_s16be", "aiff"),
        ("tone.mp3", "libmp3lame", "mp3"),
        ("tone.ogg", "libopus", "ogg"),
        ("tone.mka", "flac", "matroska"),
        ("tone.aac", "aac", "aac"),
    ],
)
def test_other_formats_are_taken(tmp_path, name, codec, demuxer):
    facts = probe(
        convert(tone(tmp_path / "tone.wav", 2, rate=48_000 if codec == "libopus" else 44_100), tmp_path / name, codec)
    )

    assert (facts.kind, facts.demuxer) == ("audio", demuxer)
    assert facts.duration_ms == pytest.approx(2_000, abs=120)


def test_a_film_is_video_with_its_size_and_frame_rate(tmp_path):
    facts = probe(film(tmp_path / "film.mp4", 1.2, width=640, height=360))

    assert (facts.kind, facts.codec, facts.width, facts.height, facts.fps) == ("video", "h264", 640, 360, Fraction(25))


def test_a_pdf_is_named_in_the_refusal(tmp_path):
    code, message = refusal(written(tmp_path / "song.wav", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"))

    assert code == "NOT_MEDIA"
    assert message == (
        "This file is not audio or video (it looks like a PDF). "
        "Upload the master as WAV, FLAC, AIFF or ALAC; a video as MP4 or MOV."
    )


@pytest.mark.parametrize(
    ("content", "noun"),
    [
        (b"Dear label,\nplease find the master attached.\n", "a text file"),
        ("Grüße aus Köln\n".encode() * 200, "a text file"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"\n  <html><body>Sign in</body></html>", "a web page"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n", "a playlist"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "a playlist"),
        (b"#!/bin/sh\nrm -rf /\n", "a script"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://169.254.169.254/"/></svg>', "an SVG picture"),
        (b'<?xml version="1.0"?><MPD><BaseURL>file:///etc/</BaseURL></MPD>', "an XML document"),
        (b"MThd\x00\x00\x00\x06\x00\x01", "a MIDI file, which holds notes and no sound"),
        (b"\x7fELF\x02\x01\x01\x00", "a program"),
    ],
)
def test_other_files_are_named_in_the_refusal(tmp_path, content, noun):
    code, message = refusal(written(tmp_path / "song.mp3", content))

    assert code == "NOT_MEDIA"
    assert f"(it looks like {noun})" in message


def test_a_picture_is_named_in_the_refusal(tmp_path):
    code, message = refusal(picture(tmp_path / "cover.png"))

    assert (code, "(it looks like a PNG picture)" in message) == ("NOT_MEDIA", True)


def test_a_zip_is_named_in_the_refusal(tmp_path):
    with zipfile.ZipFile(tmp_path / "album.zip", "w") as archive:
        archive.writestr("song.wav", b"RIFF")

    assert "a ZIP archive" in refusal(tmp_path / "album.zip")[1]


def test_a_playlist_behind_a_disguise_reads_no_other_file(tmp_path):
    tone(tmp_path / "other.wav", 2)
    playlist = b"\x00\n#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nother.wav\n#EXT-X-ENDLIST\n"

    assert refusal(written(tmp_path / "song.m3u8", playlist))[0] == "NOT_MEDIA"


def test_an_encrypted_file_is_refused_with_what_to_do(tmp_path):
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb"}
    options["encryption_kid"] = "a7e61c373e219033c21091fa607bf3b8"
    with av.open(str(tmp_path / "locked.mp4"), "w", options=options) as written:
        copy_sound(sound(tmp_path / "plain.m4a", "aac"), written)

    code, message = refusal(tmp_path / "locked.mp4")

    assert code == "ENCRYPTED"
    assert message == (
        "This file is encrypted (copy-protected), so it can't be decoded. "
        "Export the original without protection and upload that."
    )


def copy_sound(source, written):
    with av.open(str(source)) as read:
        stream = written.add_stream_from_template(read.streams.audio[0])
        for packet in read.demux(audio=0):
            if packet.size:
                packet.stream = stream
                written.mux(packet)


def test_a_file_of_twelve_hours_is_refused_at_once(tmp_path):
    rate, seconds = 8_000, 12 * 3_600
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + rate * seconds, b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8,
                       b"data", rate * seconds)  # fmt: skip
    long = written(tmp_path / "long.wav", head)
    os.truncate(long, 44 + rate * seconds)

    code, message = refusal(long)

    assert code == "TOO_LONG"
    assert message == "This file lasts 720 minutes; at most 360 are taken. Split it and upload the parts."


def test_tags_of_ten_megabytes_are_passed_over(tmp_path):
    song = sound(tmp_path / "plain.mp3", "libmp3lame").read_bytes()
    text = b"TXXX" + (10_000_000).to_bytes(4) + b"\x00\x00" + b"\x03x\x00" + b"a" * 9_999_997
    size = bytes(len(text) >> shift & 0x7F for shift in (21, 14, 7, 0))
    tagged = written(tmp_path / "tagged.mp3", b"ID3\x03\x00\x00" + size + text + song)

    codec, megabytes = probed_and_weighed(tagged)

    assert (codec, megabytes < 150) == ("mp3float", True)
    assert probe(tagged).duration_ms == pytest.approx(2_000, abs=120)


def test_an_empty_file_is_refused(tmp_path):
    assert refusal(written(tmp_path / "empty.wav", b""))[0] == "EMPTY_FILE"


def test_noise_is_refused(tmp_path):
    assert refusal(written(tmp_path / "noise.wav", bytes(range(256)) * 40))[0] == "NOT_MEDIA"


def test_a_truncated_wav_is_refused_with_how_much_arrived(tmp_path):
    whole = tone(tmp_path / "tone.wav", 4).read_bytes()

    code, message = refusal(written(tmp_path / "cut.wav", whole[: len(whole) // 4]))

    assert (code, "only 25 % of it arrived" in message) == ("TRUNCATED", True)


def test_a_film_without_its_index_is_refused(tmp_path):
    whole = film(tmp_path / "film.mp4", 1.2).read_bytes()

    assert refusal(written(tmp_path / "cut.mp4", whole[: len(whole) // 2]))[0] == "CORRUPT"


def test_a_header_with_nothing_behind_it_is_refused(tmp_path):
    flac = convert(tone(tmp_path / "tone.wav", 2), tmp_path / "tone.flac", "flac").read_bytes()

    assert refusal(written(tmp_path / "hollow.flac", flac[:100] + bytes(20_000)))[0] == "CORRUPT"


def test_a_silent_film_is_refused(tmp_path):
    code, message = refusal(film(tmp_path / "film.mp4", 1.2, sound=False))

    assert (code, message) == ("NO_SOUND", "This file has no sound. Export it with its sound and upload it again.")


def test_a_sound_of_half_a_second_is_refused(tmp_path):
    assert refusal(tone(tmp_path / "tone.wav", 0.5))[0] == "TOO_SHORT"


def test_a_wav_without_any_sample_is_refused(tmp_path):
    assert refusal(tone(tmp_path / "tone.wav", 0))[0] in {"TOO_SHORT", "CORRUPT"}


def test_a_file_that_lasts_too_long_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("catalog.ingest.probe.MAX_SOUND_MS", 1_500)

    assert refusal(tone(tmp_path / "tone.wav", 2))[0] == "TOO_LONG"


PROBE_AND_WEIGH = """
import resource, sys
from pathlib import Path
from catalog.ingest.probe import probe
megabyte = 1024 if sys.platform == "linux" else 1024**2
print(probe(Path(sys.argv[1])).codec, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // megabyte)
"""
# A process inherits the peak of the one that started it, and that of the tests is high: a small one goes between.
BETWEEN = "import subprocess, sys; subprocess.run(sys.argv[1:], check=True)"


def probed_and_weighed(source):
    """The codec, and how many megabytes a process needed to find it."""
    command = [sys.executable, "-c", BETWEEN, sys.executable, "-c", PROBE_AND_WEIGH, str(source)]
    codec, megabytes = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return codec, int(megabytes)


def test_a_bomb_for_a_cover_inside_a_song_is_not_unfolded(tmp_path):
    song = convert(tone(tmp_path / "plain.wav", 2), tmp_path / "plain.flac", "flac")
    source = with_cover(song, tmp_path / "song.flac", png_bomb(14_000))

    codec, megabytes = probed_and_weighed(source)

    assert codec == "flac"
    assert megabytes < 150
