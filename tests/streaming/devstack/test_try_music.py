"""A folder of music comes in by the upload page's own requests; workers run in a thread of the test."""

import threading

import pyotp
import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection

from catalog.ingest.inspection import inspect_master
from catalog.ingest.models import IngestJob, Master
from catalog.ingest.services import run_ingest
from catalog.music.models import Recording
from streaming.devstack import try_music
from streaming.devstack.feeder.admin import Admin
from streaming.devstack.feeder.editor import Editor
from tests.catalog.ingest.media import convert, tone
from tests.factories.accounts import PASSWORD


@pytest.fixture
def workers(transactional_db):
    done = threading.Event()

    def work():
        while not done.wait(0.05):
            for master_id in list(Master.objects.uninspected().values_list("pk", flat=True)):
                inspect_master(master_id=master_id)
            for job_id in list(IngestJob.objects.filter(state="waiting").values_list("pk", flat=True)):
                run_ingest(job_id=job_id)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


@pytest.fixture
def admin(transactional_db, live_server, editor):
    secret = pyotp.random_base32()
    TOTP.activate(editor, secret)
    return Admin(f"{live_server.url}/admin/", email=editor.email, password=PASSWORD, totp_secret=secret)


def test_a_folder_of_music_becomes_a_table(admin, workers, tmp_path):
    folder = tmp_path / "music"
    (folder / "deeper").mkdir(parents=True)
    source = tone(folder / "01 Mira - Song.wav", 3)
    convert(source, folder / "deeper" / "02 - Nameless.flac", "flac")
    (folder / "broken.mp3").write_bytes(b"%PDF-1.7 no music")
    (folder / "notes.txt").write_text("no music either")

    paths = try_music.files_in(folder)
    lines = [one.line() for one in try_music.run(admin, Editor(admin).label(try_music.LABEL), paths)]

    assert "wav    0:03     ready" in lines[0]
    assert "failed" in lines[1]
    assert "looks like a PDF" in lines[1]
    assert "flac   0:03     ready" in lines[2]
    assert set(Recording.objects.values_list("title", flat=True)) == {"Song", "Nameless", "broken"}
    assert Recording.objects.get(title="Nameless").artists.get().name == "Unknown artist"


def test_without_a_stack_or_a_folder_it_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(try_music, "ROOT", tmp_path)
    monkeypatch.setattr("sys.argv", ["try_music", str(tmp_path)])

    assert try_music.main() == 1
    assert "start `make run` first" in capsys.readouterr().err
