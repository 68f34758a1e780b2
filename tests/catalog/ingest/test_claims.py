import uuid
from datetime import timedelta
from threading import Barrier

import pytest

from catalog.ingest.claims import Heartbeat, claim_job, extend_claim
from catalog.ingest.errors import ClaimLost
from catalog.ingest.models import Asset, IngestJob
from catalog.ingest.services import run_ingest
from streaming.lib import clock
from tests.catalog.ingest.test_services import AUDIO_FILES


def expire_claims():
    IngestJob.objects.filter(state="running").update(claimed_until=clock.now() - timedelta(seconds=1))


def test_of_two_runners_one_wins(uploaded, in_thread):
    job = uploaded()
    barrier = Barrier(2)

    def run():
        barrier.wait()
        run_ingest(job_id=job.pk)

    for future in [in_thread(run), in_thread(run)]:
        future.result(timeout=30)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("ready", 1)
    assert Asset.objects.count() == len(AUDIO_FILES)


def test_a_late_first_runner_publishes_nothing(uploaded, gate, in_thread, monkeypatch, stored_files):
    job = uploaded()
    first = in_thread(lambda: run_ingest(job_id=job.pk))
    gate.wait_until_started()
    expire_claims()
    monkeypatch.delenv("FFMPEG")

    run_ingest(job_id=job.pk)
    second = set(Asset.objects.current())
    gate.open()
    first.result(timeout=30)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("ready", 2)
    assert set(Asset.objects.all()) == second
    assert stored_files(Asset.objects.all()) == AUDIO_FILES


def test_an_expired_claim_publishes_nothing_even_if_nobody_took_it_over(uploaded, gate, in_thread):
    job = uploaded()
    running = in_thread(lambda: run_ingest(job_id=job.pk))
    gate.wait_until_started()
    expire_claims()
    gate.open()
    running.result(timeout=30)

    job.refresh_from_db()
    assert job.state == "running"
    assert not Asset.objects.exists()
    assert IngestJob.objects.claimable(clock.now()).get() == job


def test_a_claim_can_be_extended_while_it_is_alive(uploaded):
    job = claim_job(job_id=uploaded().pk)
    IngestJob.objects.update(claimed_until=clock.now() + timedelta(seconds=1))

    extend_claim(job_id=job.pk, token=job.claimed_by, stage="encode", progress=40)

    job.refresh_from_db()
    assert (job.stage, job.progress) == ("encode", 40)
    assert job.claimed_until > clock.now() + timedelta(seconds=50)


def test_a_claim_of_another_or_an_expired_one_can_not_be_extended(uploaded):
    job = claim_job(job_id=uploaded().pk)

    with pytest.raises(ClaimLost):
        extend_claim(job_id=job.pk, token=uuid.uuid4(), stage="probe", progress=1)
    expire_claims()
    with pytest.raises(ClaimLost):
        extend_claim(job_id=job.pk, token=job.claimed_by, stage="probe", progress=1)


def test_a_claimed_job_can_not_be_claimed_again(uploaded):
    job = uploaded()

    assert claim_job(job_id=job.pk) is not None
    assert claim_job(job_id=job.pk) is None


def test_the_heartbeat_tells_the_work_that_its_claim_is_lost(uploaded, monkeypatch):
    monkeypatch.setattr("catalog.ingest.claims.HEARTBEAT_SECONDS", 0.01)
    job = claim_job(job_id=uploaded().pk)
    expire_claims()

    with Heartbeat(job.pk, job.claimed_by) as heartbeat:
        assert heartbeat.lost.wait(10)
        with pytest.raises(ClaimLost):
            heartbeat.report(50)


def test_the_heartbeat_shows_the_progress(uploaded, monkeypatch):
    monkeypatch.setattr("catalog.ingest.claims.HEARTBEAT_SECONDS", 0.01)
    job = claim_job(job_id=uploaded().pk)

    with Heartbeat(job.pk, job.claimed_by) as heartbeat:
        heartbeat.enter(IngestJob.Stage.ENCODE)
        heartbeat.report(42)
        while job.progress != 42:
            job.refresh_from_db()

    assert (job.state, job.stage) == ("running", "encode")


def test_a_stage_is_not_begun_under_a_lost_claim(uploaded):
    job = claim_job(job_id=uploaded().pk)
    expire_claims()

    with Heartbeat(job.pk, job.claimed_by) as heartbeat, pytest.raises(ClaimLost):
        heartbeat.enter(IngestJob.Stage.UPLOAD)

    job.refresh_from_db()
    assert job.stage == "download"
