"""What was published before all of its assets were made: the rest is made of the stored original, and nothing else."""

import io

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from catalog.ingest.control import remake_cover, remake_missing, retry_job
from catalog.ingest.models import Asset, IngestJob
from catalog.ingest.services import run_ingest
from catalog.music.models import Recording, Release, Track
from catalog.music.track_record import read_from_sql
from streaming.lib import storage
from streaming.lib.errors import Code
from tests.catalog.ingest.conftest import send
from tests.catalog.ingest.media import film, picture
from tests.catalog.ingest.test_services import AUDIO_FILES, current, refused
from tests.factories import RecordingFactory, ReleaseFactory, TrackFactory, staff_of

LIST = "/admin/catalog/recording/"


def age(recording, *qualities):
    """As it was before these were made of every master."""
    Asset.objects.filter(recording=recording, quality__in=qualities).delete()


@pytest.fixture
def old(uploaded):
    """A recording of 31 seconds with nothing but its standard asset."""
    job = uploaded(seconds=31)
    run_ingest(job_id=job.pk)
    recording = Recording.objects.get(pk=job.master.recording_id)
    age(recording, "preview", "high")
    return recording


def job_of(recording):
    return IngestJob.objects.get(master__recording=recording)


def reprocess(*arguments):
    said = io.StringIO()
    call_command("reprocess", *arguments, stdout=said, stderr=said)
    return said.getvalue()


def act(client, *recordings):
    chosen = [recording.pk for recording in recordings]
    answer = client.post(LIST, {"action": "remake", "_selected_action": chosen}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_missing_is_made_and_what_there_is_stays(old, stored_files, instead_of_ffmpeg, ffmpeg, open_folder):
    track, release = Track.objects.get(), Release.objects.get()
    standard = Asset.objects.get(recording=old)
    instead_of_ffmpeg(f'echo "$*" > {open_folder}/asked; exec {ffmpeg} "$@"')

    assert remake_missing(recording=old)
    job = job_of(old)
    assert (job.state, job.attempts, job.finished_at) == ("waiting", 0, None)
    assert current(old) == ["standard"]
    run_ingest(job_id=job.pk)

    assert stored_files(Asset.objects.current()) == AUDIO_FILES
    assert Asset.objects.current().get(quality="standard") == standard
    assert "standard/" not in (open_folder / "asked").read_text()
    after = Recording.objects.get()
    assert (after.uid, after.ready_at, after.duration_ms) == (old.uid, old.ready_at, old.duration_ms)
    assert (after.loudness_lufs, after.true_peak_db) == (old.loudness_lufs, old.true_peak_db)
    assert Release.objects.get().loudness_lufs == release.loudness_lufs
    # The tickets know of them at once.
    known = read_from_sql([str(track.uid)])[str(track.uid)]["assets"]
    assert sorted(known) == ["high", "preview", "standard"]
    assert Track.objects.get().record_version > track.record_version


def test_asking_twice_makes_it_once(old):
    assert remake_missing(recording=old)
    assert not remake_missing(recording=old)
    run_ingest(job_id=job_of(old).pk)
    before = list(Asset.objects.order_by("pk").values())

    assert not remake_missing(recording=old)
    assert job_of(old).state == "ready"
    assert list(Asset.objects.order_by("pk").values()) == before


def test_a_video_without_its_preview_and_poster_gets_them(transactional_db, tmp_path):
    recording = TrackFactory(recording=RecordingFactory(kind="video"), ready=False).recording
    job = send(film(tmp_path / "film.mp4", 3), recording=recording, content_type="video/mp4")
    run_ingest(job_id=job.pk)
    age(recording, "preview", "poster")

    assert remake_missing(recording=recording)
    run_ingest(job_id=job.pk)

    assert current(recording) == ["poster", "preview", "video"]


def test_an_attempt_that_fails_takes_nothing_away(old):
    standard = Asset.objects.get(recording=old)
    storage.client().delete_object(Bucket=settings.R2_MASTERS_BUCKET, Key=job_of(old).master.key)

    remake_missing(recording=old)
    run_ingest(job_id=job_of(old).pk)

    assert (job_of(old).state, job_of(old).error_code) == ("failed", "MASTER_MISSING")
    assert Asset.objects.current().get() == standard
    assert refused(remake_missing, recording=old) == (Code.CONFLICT, 409)


def test_a_worker_that_dies_before_publishing_is_followed_by_one_that_does(old, r2):
    remake_missing(recording=old)
    r2.refuse = "flac.mp4"
    run_ingest(job_id=job_of(old).pk)
    r2.refuse = ""
    assert current(old) == ["standard"]
    IngestJob.objects.update(run_after=job_of(old).created_at)

    run_ingest(job_id=job_of(old).pk)

    assert current(old) == ["high", "preview", "standard"]


def test_where_no_more_can_be_made_the_job_ends_well(old, monkeypatch):
    """Of five hours nothing is small enough to be `high`."""
    remake_missing(recording=old)
    monkeypatch.setattr("catalog.ingest.package._package_assets", lambda encoded: ([], []))

    run_ingest(job_id=job_of(old).pk)

    assert (job_of(old).state, current(old)) == ("ready", ["standard"])


def test_after_a_day_a_job_that_stopped_at_the_last_step_makes_it_anew(old, stored_files):
    remake_missing(recording=old)
    run_ingest(job_id=job_of(old).pk)
    age(old, "preview", "high")
    IngestJob.objects.update(state="failed", stage="publish", error_code="X", error_message="It failed.")

    retry_job(job_id=job_of(old).pk)
    run_ingest(job_id=job_of(old).pk)

    # In its last stage a job publishes what it had stored; here that was removed meanwhile.
    assert stored_files(Asset.objects.current()) == AUDIO_FILES


def test_a_cover_without_its_larger_sizes_is_made_again(transactional_db, tmp_path, stored_files):
    release = ReleaseFactory()
    job = send(picture(tmp_path / "cover.jpg"), release=release, content_type="image/jpeg")
    run_ingest(job_id=job.pk)
    assert not remake_cover(release=release)
    before = Asset.objects.current().get()
    before.renditions.filter(name__in=["1400.jpg", "1400.webp"]).delete()

    assert reprocess("--dry-run") == "0 recordings and 1 covers lack something.\n"
    assert reprocess() == "1 jobs are waiting for a worker.\n"
    assert Asset.objects.current().get() == before
    run_ingest(job_id=job.pk)

    after = Asset.objects.current().get()
    assert after.uid != before.uid
    assert after.renditions.filter(name="1400.jpg").exists()
    assert reprocess() == "0 jobs are waiting for a worker.\n"


def test_nothing_is_made_of_what_is_not_published_or_not_the_newest(old, uploaded):
    unpublished = uploaded().master.recording
    uploaded(old, name="newer.wav")

    assert refused(remake_missing, recording=unpublished) == (Code.CONFLICT, 409)
    assert refused(remake_missing, recording=old) == (Code.CONFLICT, 409)


# --- In the admin ----------------------------------------------------------------------------------------------------


def test_editors_and_the_labels_own_staff_ask_for_it_in_the_list(old, staff_as, editor):
    whole = TrackFactory(ready=False).recording
    for user in (editor, staff_of(old.label)):
        IngestJob.objects.filter(master__recording=old).update(state="ready", finished_at=old.ready_at)

        page = act(staff_as(user), old, whole)

        assert job_of(old).state == "waiting"
        own = "2" if user == editor else "1"
        assert f"What is missing is being made for 1 of {own}." in page
        assert ("upload a file" in page) == (user == editor)


@pytest.mark.parametrize("role", ["reader", "stranger"])
def test_who_may_only_look_or_works_elsewhere_starts_nothing(old, staff_as, role):
    client = staff_as(staff_of(old.label, role="reader") if role == "reader" else staff_of(RecordingFactory().label))

    page = act(client, old)

    assert job_of(old).state == "ready"
    assert ("You may look at it, not change it." in page) == (role == "reader")
    assert (old.title in page) == (role == "reader")


def test_who_may_only_look_moves_no_job(old, staff_as):
    client = staff_as(staff_of(old.label, role="reader"))
    remake_missing(recording=old)
    data = {"action": "cancel", "_selected_action": [job_of(old).pk]}

    page = client.post("/admin/catalog/ingestjob/", data, follow=True).content.decode()

    assert "You may look at it, not change it." in page
    assert job_of(old).state == "waiting"


# --- All of them -----------------------------------------------------------------------------------------------------


def test_the_command_sees_to_all_that_lack_something(old, uploaded):
    done = uploaded().master.recording
    run_ingest(job_id=job_of(done).pk)

    assert reprocess("--dry-run") == "1 recordings and 0 covers lack something.\n"
    assert reprocess() == "1 jobs are waiting for a worker.\n"
    assert reprocess() == "0 jobs are waiting for a worker.\n"
    run_ingest(job_id=job_of(old).pk)

    assert reprocess("--dry-run") == "0 recordings and 0 covers lack something.\n"
    assert current(old) == current(done)


def test_the_command_starts_no_more_than_it_may_and_no_others(old, uploaded):
    other = uploaded().master.recording
    run_ingest(job_id=job_of(other).pk)
    age(other, "high")

    assert reprocess("--limit", "1").splitlines() == [
        "1 jobs are waiting for a worker.",
        "The limit of 1 is reached. Run this again when they are done.",
    ]
    assert (job_of(old).state, job_of(other).state) == ("waiting", "ready")
    assert reprocess(str(old.uid)) == "0 jobs are waiting for a worker.\n"
    assert reprocess(str(other.uid)) == "1 jobs are waiting for a worker.\n"
    with pytest.raises(CommandError):
        reprocess("everything")


def test_what_the_command_leaves_out_is_said(old):
    IngestJob.objects.update(state="failed", error_code="X", error_message="It failed.")

    said = reprocess()

    assert f"{old.uid} {old.title}: Making them was begun and stopped" in said
    assert "0 jobs" in said
