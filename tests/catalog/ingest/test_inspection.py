"""What a worker finds in an uploaded file: checksum, tags of every format that we take, pictures; and bad ones."""

import errno
import hashlib
import io
import struct
import zlib

import pytest
import requests
from django.conf import settings
from mutagen.aiff import AIFF
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TIT2, TPE1, TPE2, TPOS, TRCK, TSRC, TXXX
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4, MP4Cover, MP4FreeForm
from mutagen.oggflac import OggFLAC
from mutagen.oggopus import OggOpus
from mutagen.wave import WAVE
from PIL import Image

from catalog.ingest import inspection, uploads
from catalog.ingest.inspection import from_filename, inspect_master, pick_up_inspections, propose
from catalog.ingest.models import Master
from streaming.lib import clock, storage
from tests.catalog.ingest.media import convert, tone
from tests.factories import LabelFactory

FORMATS = {
    "flac": ("flac", FLAC), "ogg": ("flac", OggFLAC), "opus": ("libopus", OggOpus), "mp3": ("mp3", MP3),
    "m4a": ("aac", MP4), "wav": (None, WAVE), "aiff": ("pcm_s16be", AIFF),
}  # fmt: skip


def jpeg(side=40):
    made = io.BytesIO()
    Image.new("RGB", (side, side), (200, 30, 40)).save(made, "JPEG")
    return made.getvalue()


def write_id3(tags, cover):
    tags.add(TIT2(text="Night 🚌 bus"))
    tags.add(TPE1(text=["Mira Solano", "The Lanterns"]))
    tags.add(TPE2(text="Mira Solano"))
    tags.add(TALB(text="ليل"))
    tags.add(TSRC(text="QZ-BBT-26-00001"))
    tags.add(TRCK(text="3/12"))
    tags.add(TPOS(text="2/2"))
    tags.add(TXXX(desc="BARCODE", text="0036000291452"))
    tags.add(APIC(mime="image/jpeg", type=3, data=cover))


def write_vorbis(file, cover):
    file["title"], file["artist"], file["albumartist"] = "Night 🚌 bus", ["Mira Solano", "The Lanterns"], "Mira Solano"
    file["album"], file["isrc"], file["barcode"] = "ليل", "QZBBT2600001", "0036000291452"
    file["tracknumber"], file["discnumber"] = "3", "2"


def write_mp4(file, cover):
    file["\xa9nam"], file["\xa9ART"], file["aART"] = "Night 🚌 bus", ["Mira Solano", "The Lanterns"], "Mira Solano"
    file["\xa9alb"], file["trkn"], file["disk"] = "ليل", [(3, 12)], [(2, 2)]
    file["----:com.apple.iTunes:ISRC"] = MP4FreeForm(b"QZBBT2600001")
    file["----:com.apple.iTunes:BARCODE"] = MP4FreeForm(b"0036000291452")
    file["covr"], file["rtng"] = [MP4Cover(cover)], [1]


@pytest.fixture
def tagged(tmp_path):
    """A file of that format with every tag that we read."""

    def build(name, *, cover=None):
        codec, reader = FORMATS[name]
        path = tone(tmp_path / "x.wav", 1, rate=48_000)
        if codec:
            path = convert(path, tmp_path / f"x.{name}", codec)
        file = reader(path)
        if name in ("mp3", "wav", "aiff"):
            if file.tags is None:
                file.add_tags()
            write_id3(file.tags, cover or jpeg())
        elif name == "m4a":
            write_mp4(file, cover or jpeg())
        else:
            write_vorbis(file, cover or jpeg())
        if name == "flac":
            picture = Picture()
            picture.type, picture.mime, picture.data = 3, "image/jpeg", cover or jpeg()
            file.add_picture(picture)
        file.save()
        return path

    return build


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_the_tags_of_every_format_become_proposals(tagged, tmp_path, name):
    found = propose("07 - nobody knows.wav", tagged(name), tmp_path / "cover")

    assert found == {
        "title": "Night 🚌 bus",
        "artists": ["Mira Solano", "The Lanterns"],
        "album_artists": ["Mira Solano"],
        "album": "ليل",
        "isrc": "QZBBT2600001",
        "upc": "0036000291452",
        "number": 3,
        "disc": 2,
        "note": "",
        **({"explicit": True} if name == "m4a" else {}),
    }
    assert (tmp_path / "cover").exists() == (name not in ("ogg", "opus"))


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("song.wav", {"title": "song"}),
        ("01 - Song.flac", {"number": 1, "title": "Song"}),
        ("2-07 Song.flac", {"disc": 2, "number": 7, "title": "Song"}),
        ("03. Mira - Song_(Live).mp3", {"number": 3, "artists": ["Mira"], "title": "Song (Live)"}),
        ("99 Luftballons.mp3", {"number": 99, "title": "Luftballons"}),
        ("1979.mp3", {"title": "1979"}),
        ("12.wav", {"title": "12"}),
        ("سلام 🙂.wav", {"title": "سلام 🙂"}),
        (" - .wav", {"title": "-"}),
    ],
)
def test_without_tags_the_name_of_the_file_proposes(filename, expected):
    assert from_filename(filename) == expected


def test_a_code_that_can_not_be_right_is_left_out_and_named(tagged, tmp_path):
    path = tagged("flac")
    file = FLAC(path)
    file["isrc"], file["barcode"] = "not an isrc", "123456789013"
    file.save()

    found = propose("x.flac", path, tmp_path / "cover")

    assert "isrc" not in found
    assert "upc" not in found
    assert "“NOTANISRC”, is not valid" in found["note"]
    assert "“123456789013”, is not valid" in found["note"]


def test_odd_characters_leave_one_clean_line(tagged, tmp_path):
    path = tagged("flac")
    file = FLAC(path)
    file["title"] = "a\nb\tc\x07 " + "x" * 500
    file.save()

    title = propose("x.flac", path, tmp_path / "cover")["title"]

    assert title.startswith("a b c xxx")
    assert len(title) == 200


def test_tags_of_ten_megabytes_do_no_harm(tagged, tmp_path):
    path = tagged("mp3")
    tags = ID3(path)
    # In UTF-8: of UTF-16 mutagen reads a megabyte a second, which a busy machine takes past the reader's limit.
    tags.add(TXXX(encoding=3, desc="long", text="x" * 10_000_000))
    tags.save(path)

    found = propose("x.mp3", path, tmp_path / "cover")

    assert found["title"] == "Night 🚌 bus"


def test_a_tag_that_unfolds_into_gigabytes_stops_the_reader_only(tmp_path):
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(4_096)) + packer.flush()
    size = len(packed) + 4
    frame = b"TIT2" + struct.pack(">I", size) + b"\x00\x80" + struct.pack(">I", 2**32 - 1) + packed
    length = bytes((len(frame) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    path = tmp_path / "bomb.mp3"
    sound = convert(tone(tmp_path / "x.wav", 1), tmp_path / "x.mp3", "mp3").read_bytes()
    path.write_bytes(b"ID3\x03\x00\x00" + length + frame + sound)

    found = propose("bomb.mp3", path, tmp_path / "cover")

    assert found["title"] == "bomb"


@pytest.mark.parametrize("body", [b"", b"RIFF", b"fLaC" + bytes(50), b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f", b"OggS" * 99])
def test_a_damaged_file_proposes_its_name(tmp_path, body):
    path = tmp_path / "x"
    path.write_bytes(body)

    found = propose("04 Song.wav", path, tmp_path / "cover")

    assert (found["number"], found["title"]) == (4, "Song")


def test_a_picture_that_can_be_no_cover_is_left_aside(tagged, tmp_path):
    propose("x.flac", tagged("flac", cover=b"<svg onload='x'/>"), tmp_path / "cover")

    assert not (tmp_path / "cover").exists()


# --- The worker's job ------------------------------------------------------------------------------------------------


@pytest.fixture
def arrived(db):
    """A file that has come in parts and that nobody has looked into."""

    def build(path):
        label = LabelFactory()
        master = uploads.start_parts(
            filename=path.name, size_bytes=path.stat().st_size, content_type="audio/wav", label=label
        )
        answer = requests.put(uploads.sign_part(master=master, number=1), data=path.read_bytes(), timeout=20)
        return uploads.complete_parts(master=master, etags={1: answer.headers["ETag"]})

    return build


def test_a_worker_notes_checksum_proposals_and_artwork(arrived, tagged):
    path = tagged("flac")
    master = arrived(path)

    inspect_master(master_id=master.pk)

    master.refresh_from_db()
    assert master.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert master.inspected_at is not None
    assert master.proposals["title"] == "Night 🚌 bus"
    artwork = master.proposals["artwork"]
    assert artwork == {"key": f"{master.uid}/artwork", "content_type": "image/jpeg", "size": len(jpeg())}
    assert storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=artwork["key"]) == len(jpeg())


def test_a_second_look_changes_nothing(arrived, tagged):
    master = arrived(tagged("wav"))
    inspect_master(master_id=master.pk)
    before = Master.objects.values().get()

    inspect_master(master_id=master.pk)

    assert Master.objects.values().get() == before


def test_a_worker_that_died_over_a_file_tries_a_few_times_and_then_says_so(arrived, tagged):
    master = arrived(tagged("wav"))
    Master.objects.filter(pk=master.pk).update(inspections=inspection.MAX_INSPECTIONS)

    inspect_master(master_id=master.pk)

    master.refresh_from_db()
    assert master.proposals == {"title": "x", "note": inspection.GAVE_UP}
    assert master.inspected_at is not None


def test_a_file_that_vanished_says_so(arrived, tagged):
    master = arrived(tagged("wav"))
    storage.delete_prefix(bucket=settings.R2_MASTERS_BUCKET, prefix=f"{master.uid}/")

    inspect_master(master_id=master.pk)

    master.refresh_from_db()
    assert "no longer in the store" in master.proposals["note"]


def test_beat_picks_up_what_a_crash_left(arrived, tagged, django_capture_on_commit_callbacks):
    master = arrived(tagged("wav"))
    assert pick_up_inspections() == 0

    Master.objects.filter(pk=master.pk).update(uploaded_at=clock.now() - inspection.PICK_UP_AFTER * 2)
    assert pick_up_inspections() == 1

    inspect_master(master_id=master.pk)
    assert pick_up_inspections() == 0


def test_with_r2_down_the_look_is_put_off_and_does_not_count(arrived, tagged, edge_server):
    master = arrived(tagged("wav"))

    edge_server.stop()
    inspect_master(master_id=master.pk)
    edge_server.start()

    master.refresh_from_db()
    assert (master.inspections, master.inspected_at) == (0, None)


def test_a_full_disk_is_not_the_files_fault_either(arrived, tagged, monkeypatch):
    master = arrived(tagged("wav"))

    def download(**_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("catalog.ingest.inspection.storage.download", download)
        for _ in range(inspection.MAX_INSPECTIONS + 2):
            inspect_master(master_id=master.pk)
    master.refresh_from_db()
    assert (master.inspections, master.inspected_at) == (0, None)

    inspect_master(master_id=master.pk)

    master.refresh_from_db()
    assert master.proposals["note"] == ""
