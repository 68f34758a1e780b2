import uuid
from datetime import timedelta

import time_machine

from catalog.ingest.models import Asset, IngestJob, Master
from catalog.ingest.services import discard_abandoned_assets, pick_up_jobs
from streaming.lib import clock
from tests.factories.catalog import RecordingFactory


def waiting(**fields):
    master = Master.objects.create(
        recording=RecordingFactory(), key=str(uuid.uuid4()), filename="a.wav", size=1, content_type="audio/wav"
    )
    return IngestJob.objects.create(master=master, **fields)


def test_beat_names_a_job_again_only_after_a_minute(db):
    waiting(run_after=clock.now())

    assert [pick_up_jobs(), pick_up_jobs()] == [1, 0]
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert pick_up_jobs() == 1


def test_beat_leaves_alone_what_is_not_due_claimed_or_finished(db):
    now = clock.now()
    waiting(run_after=now + timedelta(seconds=30))
    waiting(state="running", claimed_by=uuid.uuid4(), claimed_until=now + timedelta(seconds=30))
    waiting(state="ready", finished_at=now)
    waiting(state="failed", finished_at=now, error_code="A", error_message="B")

    assert pick_up_jobs() == 0


def test_beat_picks_up_a_deserted_job(db):
    waiting(state="running", claimed_by=uuid.uuid4(), claimed_until=clock.now() - timedelta(seconds=1))

    assert pick_up_jobs() == 1


def test_the_assets_of_a_living_claim_and_published_ones_are_kept(db):
    now = clock.now()
    claim = uuid.uuid4()
    job = waiting(state="running", claimed_by=claim, claimed_until=now + timedelta(hours=1))
    old = now - timedelta(minutes=20)
    alive = Asset.objects.create(
        job=job, claim=claim, quality="standard", recording=job.master.recording, created_at=old
    )
    published = Asset.objects.create(
        job=job, claim=uuid.uuid4(), quality="standard", recording=job.master.recording, created_at=old, ready_at=now
    )
    Asset.objects.create(
        job=job, claim=uuid.uuid4(), quality="standard", recording=job.master.recording, created_at=old
    )

    assert discard_abandoned_assets() == 1
    assert set(Asset.objects.all()) == {alive, published}


def stored(job, **fields):
    """An asset that is whole in the store, from an hour ago."""
    old = clock.now() - timedelta(hours=1)
    return Asset.objects.create(
        job=job,
        claim=uuid.uuid4(),
        quality="high",
        recording=job.master.recording,
        created_at=old,
        stored_at=old,
        **fields,
    )


def test_what_another_attempt_can_use_is_kept(db):
    now = clock.now()
    failed = {"state": "failed", "error_code": "A", "error_message": "B"}
    kept = [stored(waiting()), stored(waiting(**failed, finished_at=now - timedelta(hours=23)))]
    stored(waiting(**failed, finished_at=now - timedelta(hours=25)))
    stored(waiting(state="cancelled", finished_at=now))
    stored(waiting(state="ready", finished_at=now))

    assert discard_abandoned_assets() == 3
    assert list(Asset.objects.order_by("pk")) == kept
