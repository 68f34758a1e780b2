"""Cancelling a job and having it tried again, by an editor; and what a stopped job leaves for the next attempt."""

import uuid
from datetime import timedelta

import pytest
import time_machine

from catalog.ingest.admin import ingest_state
from catalog.ingest.claims import claim_job
from catalog.ingest.control import cancel_job, retry_job
from catalog.ingest.models import Asset, IngestJob
from catalog.ingest.services import discard_abandoned_assets, pick_up_jobs, run_ingest
from catalog.music.models import Recording
from streaming.lib import clock
from streaming.lib.errors import Code
from tests.catalog.ingest.test_services import AUDIO_FILES, refused
from tests.factories.accounts import UserFactory

CHANGE_LIST = "/admin/catalog/ingestjob/"
LIST_QUERIES = 5


def later(seconds):
    return time_machine.travel(clock.now() + timedelta(seconds=seconds))


def lines_of_state(job):
    return ingest_state(Recording.objects.get(pk=job.master.recording_id))


def let_pass(*, hours):
    """The store would not believe a clock that was moved."""
    at = clock.now() - timedelta(hours=hours)
    IngestJob.objects.update(finished_at=at)
    Asset.objects.update(created_at=at)


# --- Cancelling ------------------------------------------------------------------------------------------------------


def test_a_waiting_job_that_was_cancelled_is_never_run(uploaded):
    job = uploaded()

    cancel_job(job_id=job.pk)
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.finished_at is not None) == ("cancelled", 0, True)
    assert pick_up_jobs() == 0
    assert lines_of_state(job) == "Cancelled"


def test_a_running_job_that_is_cancelled_stops_within_seconds_and_publishes_nothing(
    uploaded, gate, in_thread, monkeypatch
):
    monkeypatch.setattr("catalog.ingest.claims.HEARTBEAT_SECONDS", 0.05)
    job = uploaded(seconds=40)
    running = in_thread(lambda: run_ingest(job_id=job.pk))
    gate.wait_until_started()

    cancel_job(job_id=job.pk)
    gate.open()
    running.result(timeout=30)

    job.refresh_from_db()
    assert (job.state, job.stage, job.claimed_by) == ("cancelled", "encode", None)
    assert not Asset.objects.exists()
    assert not Recording.objects.filter(ready_at__isnull=False).exists()


def test_a_job_that_is_cancelled_while_its_file_comes_goes_no_further(uploaded, r2):
    job = uploaded()
    r2.when_read = lambda key: cancel_job(job_id=job.pk)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.stage) == ("cancelled", "download")
    assert r2.writes == []


def test_a_job_that_is_cancelled_while_it_is_stored_leaves_nothing_in_the_store(uploaded, r2):
    job = uploaded()
    r2.when = lambda key: key.endswith("a256.mp4") and cancel_job(job_id=job.pk)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.stage) == ("cancelled", "upload")
    assert not Asset.objects.exists()
    assert r2.kept() == []


def test_a_job_that_has_ended_can_not_be_cancelled(uploaded):
    job = uploaded()
    run_ingest(job_id=job.pk)

    assert refused(cancel_job, job_id=job.pk) == (Code.CONFLICT, 409)
    job.refresh_from_db()
    assert job.state == "ready"


# --- Trying again ----------------------------------------------------------------------------------------------------


def stopped_at(job, r2, key):
    """Run the job while the store refuses `key`, as the last of its attempts."""
    IngestJob.objects.filter(pk=job.pk).update(attempts=7)
    r2.refuse = key
    run_ingest(job_id=job.pk)
    r2.refuse = ""
    job.refresh_from_db()


def test_a_job_that_failed_while_storing_goes_on_with_what_is_missing(
    uploaded, r2, instead_of_ffmpeg, ffmpeg, open_folder
):
    job = uploaded()
    stopped_at(job, r2, "a256.mp4")
    assert (job.state, job.stage, job.error_code) == ("failed", "upload", "STORAGE_UNAVAILABLE")
    assert lines_of_state(job).startswith('<span class="bb-bad">Failed while storing: The store does not answer')
    before = dict(Asset.objects.values_list("quality", "uid"))
    assert set(before) == {"preview", "standard"}
    instead_of_ffmpeg(f'echo "$*" > {open_folder}/asked; exec {ffmpeg} "$@"')

    retry_job(job_id=job.pk)
    assert lines_of_state(job) == "Waiting"
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_message) == ("ready", 1, "")
    found = dict(Asset.objects.current().values_list("quality", "uid"))
    assert {**found, "high": None} == {**before, "high": None}
    asked = (open_folder / "asked").read_text()
    assert ("high/a256.mp4" in asked, "standard/" in asked, "preview/" in asked) == (True, False, False)


def test_an_automatic_attempt_goes_on_the_same_way(uploaded, r2, stored_files):
    job = uploaded()
    r2.refuse = "a256.mp4"
    run_ingest(job_id=job.pk)
    r2.refuse = ""
    first = len(r2.writes)
    job.refresh_from_db()
    assert (job.state, job.stage) == ("waiting", "upload")

    with later(11):
        run_ingest(job_id=job.pk)

    assert stored_files(Asset.objects.current()) == AUDIO_FILES
    assert len(r2.writes) - first == len(AUDIO_FILES["high"])


def test_once_all_is_stored_only_publishing_is_left(uploaded, instead_of_ffmpeg, stored_files):
    """A worker that died in its last step: nothing is downloaded or encoded again."""
    job = uploaded()
    run_ingest(job_id=job.pk)
    Asset.objects.update(ready_at=None)
    IngestJob.objects.update(
        state="running", finished_at=None, claimed_by=uuid.uuid4(), claimed_until=clock.now() - timedelta(seconds=1)
    )
    instead_of_ffmpeg("exit 1")

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("ready", 2)
    assert stored_files(Asset.objects.current()) == AUDIO_FILES


def test_after_a_day_the_retry_begins_at_the_beginning(uploaded, r2):
    job = uploaded()
    stopped_at(job, r2, "a256.mp4")
    let_pass(hours=25)
    assert discard_abandoned_assets() == 2
    assert r2.kept() == []

    retry_job(job_id=job.pk)
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert job.state == "ready"
    assert Asset.objects.current().count() == 3


def test_a_file_that_can_not_be_used_leaves_nothing_for_a_retry(uploaded, instead_of_ffmpeg, monkeypatch):
    job = uploaded()
    instead_of_ffmpeg("exit 1")
    run_ingest(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.stage, job.error_code) == ("failed", "encode", "CORRUPT")
    assert not Asset.objects.exists()
    monkeypatch.delenv("FFMPEG")

    retry_job(job_id=job.pk)
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert job.state == "ready"


def test_a_cancelled_job_can_be_taken_up_again(uploaded):
    job = uploaded()
    cancel_job(job_id=job.pk)

    retry_job(job_id=job.pk)
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert job.state == "ready"


@pytest.mark.parametrize("state", ["waiting", "running", "ready"])
def test_only_a_stopped_job_is_tried_again(uploaded, state):
    job = uploaded()
    if state == "running":
        claim_job(job_id=job.pk)
    if state == "ready":
        run_ingest(job_id=job.pk)

    assert refused(retry_job, job_id=job.pk) == (Code.CONFLICT, 409)
    job.refresh_from_db()
    assert job.state == state


def test_beat_and_a_retry_at_once_do_not_lose_what_the_retry_takes_over(uploaded, r2, stored_files):
    """The asset was found abandoned, and then the retry adopted it: the second look sees that."""
    job = uploaded()
    stopped_at(job, r2, "a256.mp4")
    let_pass(hours=25)
    r2.when = lambda key: key.endswith("a256.mp4") and discard_abandoned_assets()

    retry_job(job_id=job.pk)
    run_ingest(job_id=job.pk)

    assert stored_files(Asset.objects.current()) == AUDIO_FILES


# --- In the admin ----------------------------------------------------------------------------------------------------


def act(client, action, job):
    return client.post(CHANGE_LIST, {"action": action, "_selected_action": [job.pk]}, follow=True)


def test_an_editor_cancels_and_tries_again_in_the_list(uploaded, staff_as, editor):
    job = uploaded()
    client = staff_as(editor)

    assert "tone.wav is cancelled." in act(client, "cancel", job).content.decode()
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert "tone.wav is waiting for a worker." in act(client, "try_again", job).content.decode()
    job.refresh_from_db()
    assert job.state == "waiting"


def test_what_can_not_be_done_is_said(uploaded, staff_as, editor):
    page = act(staff_as(editor), "try_again", uploaded()).content.decode()

    assert "tone.wav: Only a job that failed or was cancelled can be tried again." in page


def test_staff_without_the_right_can_not_act(uploaded, staff_as):
    job = uploaded()
    client = staff_as(UserFactory(is_staff=True))

    assert act(client, "cancel", job).status_code == 403
    job.refresh_from_db()
    assert job.state == "waiting"


def test_the_list_costs_the_same_with_one_and_three_jobs(uploaded, staff_as, editor, django_assert_num_queries):
    client = staff_as(editor)
    uploaded()
    client.get(CHANGE_LIST)
    with django_assert_num_queries(LIST_QUERIES):
        client.get(CHANGE_LIST)
    uploaded()
    uploaded()

    with django_assert_num_queries(LIST_QUERIES):
        client.get(CHANGE_LIST)


def test_the_status_tells_stage_and_share(uploaded, staff_as, editor):
    job = uploaded()
    IngestJob.objects.update(
        state="running", stage="encode", progress=40, claimed_by=uuid.uuid4(), claimed_until=clock.now()
    )

    status = staff_as(editor).get(f"/admin/uploads/{job.master.uid}").json()

    assert (status["state"], status["stage"], status["progress"]) == ("running", "encode", 40)
    assert lines_of_state(job) == "Encoding, 40 %"
