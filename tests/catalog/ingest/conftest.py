import io
import os
import re
import select
import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import imageio_ffmpeg
import pytest
import requests
import urllib3
from botocore.awsrequest import AWSResponse
from django.conf import settings
from django.db import connection

from catalog.ingest.package import package_media
from catalog.ingest.probe import probe
from catalog.ingest.rules import qualities_of
from catalog.ingest.uploads import complete_upload, start_upload
from streaming.lib import storage
from tests.catalog.ingest.media import film, tone
from tests.factories.catalog import TrackFactory


def package(source, *, wanted=None):
    """All that becomes of a master, in folders beside it."""
    facts = probe(source)
    wanted = wanted or qualities_of(facts.kind, is_ad=False)
    return package_media(source, facts, source.parent, wanted=wanted, on_progress=lambda share: None)


@pytest.fixture(scope="session")
def song(tmp_path_factory):
    """The packages of a song of 41.3 seconds, 48 kHz and 16 bits, and their folder."""
    folder = tmp_path_factory.mktemp("song")
    return package(tone(folder / "master.wav", 41.3, rate=48_000)), folder


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """The packages of a video of 7.4 seconds at 854 × 480, and their folder."""
    folder = tmp_path_factory.mktemp("clip")
    return package(film(folder / "master.mp4", 7.4)), folder


@pytest.fixture
def open_folder():
    """A folder that the encoder reaches whoever it runs as: under root that is nobody, whom `tmp_path` keeps out."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def ffmpeg(tmp_path_factory):
    """The encoder where a script of a test may start it, too."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    if os.geteuid() != 0:
        yield program
        return
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield shutil.copy(program, folder)
    shutil.rmtree(folder)


@pytest.fixture
def instead_of_ffmpeg(open_folder, monkeypatch):
    """Has a script run where the encoder would."""

    def install(text):
        script = open_folder / "encoder"
        script.write_text(f"#!/bin/sh\n{text}\n")
        script.chmod(0o755)
        monkeypatch.setenv("FFMPEG", str(script))
        return script

    return install


def send(path, *, content_type="audio/wav", **thing):
    """Upload the file as the admin page does; the job."""
    upload = start_upload(filename=path.name, size_bytes=path.stat().st_size, content_type=content_type, **thing)
    answer = requests.put(upload.url, data=path.read_bytes(), headers=upload.headers, timeout=10)
    assert answer.status_code == 200
    return complete_upload(master_uid=upload.master.uid)


@pytest.fixture
def uploaded(transactional_db, tmp_path):
    """The waiting job of a tone that was uploaded for an unpublished track's recording."""

    def build(recording=None, *, seconds=2, name="tone.wav"):
        recording = recording or TrackFactory(ready=False).recording
        return send(tone(tmp_path / name, seconds), recording=recording)

    return build


@pytest.fixture
def media_keys():
    """The names of the files that are stored below an asset's uid."""

    def find(prefix):
        found = storage.client().list_objects_v2(Bucket=settings.R2_MEDIA_BUCKET, Prefix=f"{prefix}/")
        return sorted(item["Key"].removeprefix(f"{prefix}/") for item in found.get("Contents", []))

    return find


@pytest.fixture
def stored_files(media_keys):
    """What is stored of each of these assets, by quality."""
    return lambda assets: {asset.quality: media_keys(asset.uid) for asset in assets}


class R2:
    """Watches what is written to the store; can have it refuse some of that, and something happen in between."""

    def __init__(self):
        self.writes = []
        self.refuse = ""
        self.answer = (503, "SlowDown")
        self.when = self.when_read = lambda key: None

    def kept(self):
        """What is in the store of all that was written."""
        found = []
        for path in self.writes:
            bucket, _, key = path.strip("/").rpartition("/")
            prefix = f"{bucket.rpartition('/')[2]}/{key}"
            found += (
                storage.client().list_objects_v2(Bucket=settings.R2_MEDIA_BUCKET, Prefix=prefix).get("Contents", [])
            )
        return found

    def before_send(self, request, **kwargs):
        key = urlsplit(request.url).path
        if request.method == "GET":
            self._tell(self.when_read, key)
        if request.method != "PUT":
            return None
        if self.refuse and re.search(self.refuse, key):
            status, code = self.answer
            answer = f"<Error><Code>{code}</Code></Error>".encode()
            body = urllib3.HTTPResponse(io.BytesIO(answer), preload_content=False)
            return AWSResponse(request.url, status, {}, body)
        self.writes.append(key)
        self._tell(self.when, key)
        return None

    @staticmethod
    def _tell(somebody, key):
        try:
            somebody(key)
        finally:
            # Files are moved by threads that end without telling anybody.
            if threading.current_thread() is not threading.main_thread():
                connection.close()


@pytest.fixture
def r2():
    watch = R2()
    events = storage.client().meta.events
    events.register("before-send.s3", watch.before_send)
    yield watch
    events.unregister("before-send.s3", watch.before_send)


class Gate:
    """Stands for ffmpeg: says that it was started, and encodes only once it is let through."""

    def __init__(self, folder, install, ffmpeg):
        self._started, self._go = folder / "started", folder / "go"
        self._held = None
        for fifo in (self._started, self._go):
            os.mkfifo(fifo)
            fifo.chmod(0o666)
        wait = f'echo $$ > "{self._started}"\nread _ < "{self._go}"'
        install(f'{wait}\nexec "{ffmpeg}" "$@"')

    def wait_until_started(self):
        """Blocks until the encoder runs; its process id."""
        handle = os.open(self._started, os.O_RDONLY | os.O_NONBLOCK)
        try:
            if not select.select([handle], [], [], 30)[0]:
                pytest.fail("The encoder was not started.")
            return int(os.read(handle, 100))
        finally:
            os.close(handle)

    def open(self):
        if self._held is None:
            # Open for both, so that this never waits for a reader.
            self._held = os.open(self._go, os.O_RDWR)
            os.write(self._held, b"go\n")

    def close(self):
        """Nobody is left waiting when the test is over."""
        self.open()
        os.close(self._held)


@pytest.fixture
def gate(open_folder, instead_of_ffmpeg, ffmpeg):
    made = Gate(open_folder, instead_of_ffmpeg, ffmpeg)
    yield made
    made.close()


@pytest.fixture
def in_thread():
    """Run a function in a thread with a database connection of its own; a future."""

    def closing(function):
        try:
            return function()
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        yield lambda function: pool.submit(closing, function)
