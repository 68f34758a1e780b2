"""Readers of strangers' files run apart: what they find comes back, and they have nothing to lose."""

import json
import os
import signal

import pytest

from catalog.ingest import readers
from catalog.ingest.errors import IngestError, IngestInterrupted
from catalog.ingest.probe import probe
from catalog.ingest.readers import probe_apart, read
from tests.catalog.ingest.cage import can_cut_off
from tests.catalog.ingest.media import film, sound, tone

WATCH = """
import atexit, json, os, sys
out = os.open({fifo!r}, os.O_WRONLY)
status = lambda: dict(line.split(":", 1) for line in open("/proc/self/status"))
late = []
class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if status()["NoNewPrivs"].strip() == "1":
            late.append(name)
sys.meta_path.insert(0, Finder)
def tell():
    interfaces = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]
    told = {{"user": os.getuid(), "groups": os.getgroups(), "alone": status()["NoNewPrivs"].strip(),
            "interfaces": interfaces, "environment": sorted(os.environ), "niceness": os.nice(0), "late": late}}
    os.write(out, json.dumps(told).encode())
atexit.register(tell)
"""


def broken(path):
    path.write_bytes(b"ID3" + bytes(5_000))
    return path


MAKE = {
    "a.wav": lambda path: tone(path, 2),
    "a.flac": lambda path: sound(path, "flac"),
    "a.mp3": lambda path: sound(path, "libmp3lame", metadata={"title": "Nacht"}),
    "a.m4a": lambda path: sound(path, "aac", metadata={"title": "Nacht"}),
    "a.ogg": lambda path: sound(path, "vorbis", sample_format="fltp"),
    "a.opus": lambda path: sound(path, "libopus", rate=48_000),
    "a.aiff": lambda path: sound(path, "pcm_s16be"),
    "a.mp4": lambda path: film(path, 2),
    "broken.mp3": broken,
}


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """What a reader could do at its end."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ear = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(WATCH.format(fifo=str(fifo)))
    monkeypatch.setattr(readers, "ROOT", f"{tmp_path / 'site'}{os.pathsep}{readers.ROOT}")
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")

    def run(reader, source, *words):
        status, _ = read(reader, source, *words, file_bytes=0)
        # 1: a damaged file, of which the tags are given up.
        assert status in (0, 1)
        return json.loads(os.read(ear, 65_536))

    yield run
    os.close(ear)


def test_the_facts_come_back_whole(tmp_path):
    for source in (tone(tmp_path / "tone.wav", 2), film(tmp_path / "film.mp4", 2)):
        assert probe_apart(source) == probe(source)


def test_what_is_wrong_comes_back_as_its_sentence(tmp_path):
    (tmp_path / "x.wav").write_text("#EXTM3U\\nhttp://localhost/a.ts\\n")

    with pytest.raises(IngestError) as refused:
        probe_apart(tmp_path / "x.wav")
    with pytest.raises(IngestError) as here:
        probe(tmp_path / "x.wav")

    assert (refused.value.code, refused.value.message) == (here.value.code, here.value.message)


@pytest.mark.parametrize(("limit", "value"), [("MEMORY_BYTES", 100_000_000), ("SECONDS", 0)])
def test_a_file_that_wants_more_than_it_may_have_is_refused(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(readers, limit, value)

    with pytest.raises(IngestError) as refused:
        probe_apart(tone(tmp_path / "tone.wav", 2))

    assert refused.value.code == "UNREADABLE"


def test_a_reader_that_was_killed_says_nothing_of_the_file(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(f"import os; os.kill(os.getpid(), {signal.SIGKILL:d})")
    monkeypatch.setattr(readers, "ROOT", tmp_path)

    with pytest.raises(IngestInterrupted):
        probe_apart(tone(tmp_path / "tone.wav", 2))


@pytest.mark.parametrize(("reader", "words"), [("catalog.ingest.probe", []), ("catalog.ingest.tags", ["cover"])])
def test_a_reader_is_nobody_and_has_no_keys(tmp_path, watched, reader, words):
    seen = watched(reader, tone(tmp_path / "tone.wav", 2), *words)

    mine = os.geteuid()
    assert seen["user"] == (65_534 if mine == 0 else mine)
    assert mine != 0 or seen["groups"] == []
    assert (seen["alone"], seen["niceness"] >= 10) == ("1", True)
    assert set(seen["environment"]) <= {"PATH", "PYTHONPATH", "LC_CTYPE"}
    assert seen["interfaces"] == ["lo"] or not can_cut_off()


@pytest.mark.parametrize("reader", ["probe", "tags"])
@pytest.mark.parametrize(
    "name", ["a.wav", "a.flac", "a.mp3", "a.m4a", "a.ogg", "a.opus", "a.aiff", "a.mp4", "broken.mp3"]
)
def test_in_the_cage_a_reader_needs_nothing_more_of_its_libraries(tmp_path, watched, reader, name):
    """As nobody it may not reach them, wherever they are installed."""
    seen = watched(f"catalog.ingest.{reader}", MAKE[name](tmp_path / name), *(["cover"] if reader == "tags" else []))

    assert seen["late"] == []


def test_what_lies_beside_a_file_is_not_run(tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit(3)")

    assert read("catalog.ingest.probe", tone(tmp_path / "tone.wav", 2), file_bytes=0)[0] == 0
