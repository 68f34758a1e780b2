"""kill -9 of a worker in the middle of its work, at each stage; and a disk that is full."""

import os
import shutil
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


def environment_of_a_worker(tmp_path):
    database = connection.settings_dict
    url = (
        f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    )
    return {**os.environ, "DATABASE_URL": url, "TMPDIR": str(tmp_path)}


@pytest.fixture
def worker(transactional_db, tmp_path):
    """Starts a Celery worker for the queue `media` on the test's database."""
    started = []

    def start():
        command = [sys.executable, "-m", "celery", "-A", "streaming", "worker", "-Q", "media", "--pool", "solo"]
        environment = environment_of_a_worker(tmp_path)
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


# Runs a job, and kills itself as soon as a statement with these words in it has been answered.
RUN_AND_DIE = """
import os, signal, sys
import django
django.setup()
from django.db import connection
from catalog.ingest.services import run_ingest

def killing(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if all(word in " ".join([sql, *map(str, params or ())]) for word in sys.argv[2:]):
        os.kill(os.getpid(), signal.SIGKILL)
    return result

with connection.execute_wrapper(killing):
    run_ingest(job_id=int(sys.argv[1]))
"""


@pytest.mark.parametrize(
    ("words", "stage"),
    [
        (["UPDATE", "ingestjob", "download"], "download"),
        (["UPDATE", "ingestjob", "probe"], "probe"),
        (["UPDATE", "ingestjob", "encode"], "encode"),
        (["INSERT", "catalog_asset", "standard"], "upload"),
        (["UPDATE", "ingestjob", "publish"], "publish"),
        (['UPDATE "catalog_asset" SET "ready_at"'], "publish"),
        (["UPDATE", "catalog_release", "loudness_lufs"], "publish"),
    ],
)
def test_a_worker_killed_at_any_stage_publishes_nothing_and_the_next_one_all(
    uploaded, tmp_path, stored_files, words, stage
):
    job = uploaded()
    command = [sys.executable, "-c", RUN_AND_DIE, str(job.pk), *words]

    dead = subprocess.run(command, env=environment_of_a_worker(tmp_path), capture_output=True, check=False)

    job.refresh_from_db()
    assert (dead.returncode, job.state, job.stage) == (-signal.SIGKILL, "running", stage), dead.stderr.decode()
    assert not Asset.objects.current().exists()
    assert not Recording.objects.filter(ready_at__isnull=False).exists()

    IngestJob.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("ready", 2)
    assert stored_files(Asset.objects.current()) == AUDIO_FILES
    Asset.objects.update(created_at=clock.now() - timedelta(hours=1))
    discard_abandoned_assets()
    assert Asset.objects.count() == len(AUDIO_FILES)


def may_mount():
    command = ["unshare", "--mount", "true"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0


@pytest.mark.skipif(not may_mount(), reason="a disk of its own needs the right to mount one")
@pytest.mark.parametrize(("size", "stage"), [("200k", "download"), ("420k", "encode")])
def test_a_full_disk_lets_the_job_wait_with_a_sentence(uploaded, tmp_path, size, stage):
    job = uploaded()
    small = tmp_path / "disk"
    small.mkdir()
    script = f'mount -t tmpfs -o size={size} none "{small}" && exec "$@"'
    run = [sys.executable, "-c", RUN_AND_DIE, str(job.pk), "never"]
    environment = {**environment_of_a_worker(tmp_path), "TMPDIR": str(small)}

    subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", *run], env=environment, check=False)

    job.refresh_from_db()
    assert (job.state, job.stage, job.error_code) == ("waiting", stage, "DISK_FULL")
    assert job.error_message == "The worker's disk is full; the job is tried again."
    assert not Asset.objects.exists()


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
