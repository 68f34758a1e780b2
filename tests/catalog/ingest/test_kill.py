"""kill -9 of a real worker in the middle of its work."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import psutil
import pytest
from django.conf import settings
from django.db import connection

from catalog.ingest.models import Asset, IngestJob
from catalog.ingest.services import discard_abandoned_assets, pick_up_jobs, run_ingest
from catalog.ingest.workspace import workspace
from catalog.music.models import Recording
from streaming.lib import clock, storage
from tests.catalog.ingest.test_services import AUDIO_FILES


@pytest.fixture
def worker(transactional_db, tmp_path):
    """Starts a Celery worker for the queue `media` on the test's database."""
    started = []
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )

    def start():
        command = [sys.executable, "-m", "celery", "-A", "streaming", "worker", "-Q", "media", "--pool", "solo"]
        environment = {**os.environ, "DATABASE_URL": url, "TMPDIR": str(tmp_path)}
        process = subprocess.Popen(
            [*command, "--without-mingle", "--without-gossip"], env=environment, stderr=subprocess.DEVNULL
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_a_killed_worker_leaves_nothing_half_ready_and_the_next_run_ends_right(
    uploaded, worker, gate, tmp_path, monkeypatch, stored_files
):
    job = uploaded()
    process = worker()
    encoder = psutil.Process(gate.wait_until_started())

    process.send_signal(signal.SIGKILL)
    process.wait()

    encoder.wait(timeout=5)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("running", 1)
    assert not Asset.objects.exists()
    assert not Recording.objects.filter(ready_at__isnull=False).exists()
    assert pick_up_jobs() == 0

    IngestJob.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    monkeypatch.delenv("FFMPEG")
    assert pick_up_jobs() == 1
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("ready", 2)
    assert stored_files(Asset.objects.current()) == AUDIO_FILES
    assert Recording.objects.filter(ready_at__isnull=False).exists()


def test_the_next_run_removes_the_files_of_a_dead_one(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = (
        "import os, signal; from catalog.ingest.workspace import workspace\n"
        "with workspace() as folder:\n"
        "    (folder / 'master').write_bytes(b'x'); print(folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    dead = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, check=False
    )
    left = tmp_path / dead.stdout.decode().strip() / "master"
    assert left.exists()

    with workspace() as mine, workspace() as another:
        assert not left.exists()
        assert mine.is_dir()
        assert another.is_dir()

    assert not mine.exists()
    assert not another.exists()


def test_what_a_killed_worker_had_stored_is_removed_by_beat(uploaded, media_keys):

    job = uploaded()
    claim = "0b9f7c51-6a39-4c35-9a56-1f0c3e6f2d4e"
    IngestJob.objects.update(
        state="running", claimed_by=claim, claimed_until=clock.now() - timedelta(seconds=1), attempts=1
    )
    asset = Asset.objects.create(
        job=job,
        claim=claim,
        quality="standard",
        recording=job.master.recording,
        created_at=clock.now() - timedelta(minutes=11),
    )
    storage.client().put_object(Bucket=settings.R2_MEDIA_BUCKET, Key=f"{asset.uid}/a64.mp4", Body=b"x")

    assert discard_abandoned_assets() == 1

    assert media_keys(asset.uid) == []
    assert not Asset.objects.exists()
