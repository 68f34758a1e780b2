import uuid
from datetime import timedelta

import pytest
import requests
import time_machine
from django.conf import settings

from catalog.ingest.claims import MAX_ATTEMPTS, next_attempt
from catalog.ingest.models import Asset, IngestJob, Master
from catalog.ingest.services import discard_abandoned_assets, pick_up_jobs, run_ingest
from catalog.ingest.uploads import complete_upload, start_upload
from catalog.music.models import Recording
from streaming.lib import clock, storage
from streaming.lib.errors import Code, DomainError
from streaming.lib.links import sign_asset
from tests.catalog.ingest.conftest import send
from tests.catalog.ingest.media import film, picture, tone
from tests.factories.catalog import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory

AUDIO_FILES = {
    "preview": ["a96.m3u8", "a96.mp4", "main.m3u8"],
    "standard": ["a160.m3u8", "a160.mp4", "a64.m3u8", "a64.mp4", "a96.m3u8", "a96.mp4", "main.m3u8"],
    "high": ["a256.m3u8", "a256.mp4", "flac.m3u8", "flac.mp4", "main.m3u8"],
}


def current(recording):
    return sorted(Asset.objects.current().filter(recording=recording).values_list("quality", flat=True))


def refused(call, **arguments):
    with pytest.raises(DomainError) as error:
        call(**arguments)
    return error.value.code, error.value.status


# --- Uploads ---------------------------------------------------------------------------------------------------------


def test_an_upload_goes_straight_to_the_masters_bucket_and_makes_one_job(db, tmp_path):
    source = tone(tmp_path / "tone.wav", 1)
    upload = start_upload(
        recording=RecordingFactory(), filename="tone.wav", size_bytes=source.stat().st_size, content_type="audio/wav"
    )
    requests.put(upload.url, data=source.read_bytes(), headers=upload.headers, timeout=10).raise_for_status()

    first = complete_upload(master_uid=upload.master.uid)
    again = complete_upload(master_uid=upload.master.uid)

    assert first == again
    assert (first.state, first.attempts, first.progress) == ("waiting", 0, 0)
    assert first.master.uploaded_at is not None


def test_the_address_takes_no_other_content_type(db):
    upload = start_upload(recording=RecordingFactory(), filename="a.wav", size_bytes=4, content_type="audio/wav")

    answer = requests.put(upload.url, data=b"RIFF", headers={"Content-Type": "text/html"}, timeout=10)

    assert answer.status_code == 403


def test_a_master_belongs_to_a_recording_or_a_release(db):
    with pytest.raises(Exception, match="master_of_one_thing"):
        Master.objects.create(key="a", filename="a", size=1, content_type="audio/wav")


@pytest.mark.parametrize(
    ("filename", "size", "code"),
    [
        ("", 10, Code.INVALID),
        ("\x00\n", 10, Code.INVALID),
        ("a.wav", 0, Code.INVALID),
        ("a.wav", 5_000_000_001, Code.UPLOAD_TOO_LARGE),
    ],
)
def test_an_upload_that_can_not_work_is_refused_at_once(db, filename, size, code):
    found, _ = refused(
        start_upload, recording=RecordingFactory(), filename=filename, size_bytes=size, content_type="audio/wav"
    )

    assert found == code


def test_an_odd_content_type_is_replaced(db):
    upload = start_upload(
        recording=RecordingFactory(), filename="a.wav", size_bytes=4, content_type="audio/wav\r\nX-Evil: 1"
    )

    assert upload.headers == {"Content-Type": "application/octet-stream"}


@pytest.mark.parametrize(("given", "kept"), [("Audio/WAV", "audio/wav"), (f"a/{'b' * 99}", "application/octet-stream")])
def test_a_content_type_is_kept_short_and_in_lower_case(db, given, kept):
    upload = start_upload(recording=RecordingFactory(), filename="a.wav", size_bytes=4, content_type=given)

    assert upload.headers == {"Content-Type": kept}


def test_completing_before_the_bytes_arrived_is_refused(db):
    upload = start_upload(recording=RecordingFactory(), filename="a.wav", size_bytes=4, content_type="audio/wav")

    assert refused(complete_upload, master_uid=upload.master.uid) == (Code.UPLOAD_MISSING, 409)
    assert not IngestJob.objects.exists()


def test_completing_with_another_size_is_refused(db):
    upload = start_upload(recording=RecordingFactory(), filename="a.wav", size_bytes=40, content_type="audio/wav")
    requests.put(upload.url, data=b"RIFF", headers=upload.headers, timeout=10).raise_for_status()

    assert refused(complete_upload, master_uid=upload.master.uid) == (Code.UPLOAD_MISSING, 409)


def test_completing_an_unknown_upload_is_not_found(db):
    assert refused(complete_upload, master_uid=uuid.uuid4()) == (Code.NOT_FOUND, 404)


def test_completing_while_r2_is_down_can_be_repeated(db, edge_server, tmp_path):
    source = tone(tmp_path / "tone.wav", 1)
    upload = start_upload(
        recording=RecordingFactory(), filename="tone.wav", size_bytes=source.stat().st_size, content_type="audio/wav"
    )
    requests.put(upload.url, data=source.read_bytes(), headers=upload.headers, timeout=10).raise_for_status()

    edge_server.stop()
    down = refused(complete_upload, master_uid=upload.master.uid)
    edge_server.start()

    assert down == (Code.STORAGE_UNAVAILABLE, 503)
    assert complete_upload(master_uid=upload.master.uid).state == "waiting"


# --- The work --------------------------------------------------------------------------------------------------------


def test_a_song_becomes_published_assets(uploaded, stored_files):
    job = uploaded(seconds=3)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assets = Asset.objects.current()
    assert (job.state, job.progress, job.attempts, job.error_message) == ("ready", 100, 1, "")
    assert stored_files(assets) == AUDIO_FILES
    assert {(one.duration_ms, one.recording, one.ready_at) for one in assets} == {
        (3_000, job.master.recording, job.finished_at)
    }
    standard = assets.get(quality="standard")
    assert [one.name for one in standard.renditions.order_by("bandwidth")] == ["a64.mp4", "a96.mp4", "a160.mp4"]
    assert {one.encoder_delay for one in standard.renditions.all()} == {1_024}
    assert all(0 <= one.padding < 1_024 for one in standard.renditions.all())
    recording = Recording.objects.get()
    assert (recording.duration_ms, recording.loudness_lufs, recording.true_peak_db) == (
        3_000, standard.loudness_lufs, standard.true_peak_db,
    )  # fmt: skip
    assert recording.ready_at is not None


def test_each_asset_has_a_uid_of_its_own_that_tells_nothing(uploaded):
    run_ingest(job_id=uploaded().pk)

    assert {uid.version for uid in Asset.objects.values_list("uid", flat=True)} == {4}


def test_a_song_costs_at_most_twenty_object_writes(uploaded, r2):
    run_ingest(job_id=uploaded(seconds=40).pk)

    assert 0 < len(r2.writes) <= 20
    assert len(set(r2.writes)) == len(r2.writes)


def test_what_an_editor_should_know_is_a_warning_and_no_failure(uploaded):
    job = uploaded(seconds=2)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert job.state == "ready"
    assert job.warning.splitlines() == [
        (
            "It lasts 30 seconds or less, so no play of it can count as a stream: that takes more than 30 seconds. "
            "Upload a longer version if it should earn."
        )
    ]


def test_a_file_that_another_recording_of_the_label_has_is_named_beside_the_result(uploaded, transactional_db):
    first, second, elsewhere = uploaded(), uploaded(), uploaded()
    label = LabelFactory(name="Night Bus")
    for job, title in ((first, "Harbour"), (second, "Harbor")):
        Recording.objects.filter(masters=job.master_id).update(label=label, title=title)
    for job in (elsewhere, first, second):
        run_ingest(job_id=job.pk)
        job.refresh_from_db()

    assert [job.state for job in (elsewhere, first, second)] == ["ready"] * 3
    assert (elsewhere.warning, "same file" in first.warning) == (first.warning, False)
    assert second.warning == "\n".join(
        filter(None, ["The same file as “Harbour”. If it is the same song, put that recording on the release instead.",
                      first.warning])
    )  # fmt: skip


def test_the_album_is_as_loud_as_its_songs_together(uploaded, transactional_db, tmp_path):
    release = ReleaseFactory()
    loud, soft = (TrackFactory(release=release, ready=False).recording for _ in range(2))
    run_ingest(job_id=send(tone(tmp_path / "loud.wav", 2, gain=0.5), recording=loud).pk)
    release.refresh_from_db()
    alone = (release.loudness_lufs, release.true_peak_db)

    run_ingest(job_id=send(tone(tmp_path / "soft.wav", 2, gain=0.05), recording=soft).pk)

    loud.refresh_from_db()
    release.refresh_from_db()
    assert alone == (loud.loudness_lufs, loud.true_peak_db)
    assert release.true_peak_db == loud.true_peak_db
    # Half of the time a hundredth of the energy: nearly 3 dB less.
    assert release.loudness_lufs == pytest.approx(loud.loudness_lufs - 2.97, abs=0.1)


def test_the_stored_files_have_the_right_types(uploaded):

    run_ingest(job_id=uploaded().pk)

    uid = Asset.objects.current().get(quality="standard").uid
    heads = {
        name: storage.client().head_object(Bucket=settings.R2_MEDIA_BUCKET, Key=f"{uid}/{name}")["ContentType"]
        for name in ("main.m3u8", "a64.mp4")
    }
    assert heads == {"main.m3u8": "application/vnd.apple.mpegurl", "a64.mp4": "audio/mp4"}


def test_a_video_becomes_pictures_with_the_sound_apart(transactional_db, tmp_path, stored_files):
    recording = RecordingFactory(kind=Recording.Kind.VIDEO)
    job = send(film(tmp_path / "film.mp4", 2), recording=recording, content_type="video/mp4")

    run_ingest(job_id=job.pk)

    files = stored_files(Asset.objects.current())
    assert {quality: [name for name in names if "m3u8" not in name] for quality, names in files.items()} == {
        "preview": ["a64.mp4", "v234.mp4", "v360.mp4"],
        "video": ["a160.mp4", "a64.mp4", "v234.mp4", "v360.mp4", "v540.mp4"],
        "poster": ["poster.jpg", "poster.webp"],
    }


def test_the_poster_opens_with_a_link_of_its_own_asset(transactional_db, tmp_path):
    recording = RecordingFactory(kind=Recording.Kind.VIDEO)
    run_ingest(job_id=send(film(tmp_path / "film.mp4", 2), recording=recording, content_type="video/mp4").pk)
    poster, video = (Asset.objects.current().get(quality=quality).uid for quality in ("poster", "video"))

    def fetch(asset, file):
        link = sign_asset(
            base_url=settings.MEDIA_BASE_URL,
            key=settings.MEDIA_LINK_KEYS[0],
            asset=asset,
            issued_at=int(clock.now().timestamp()),
        )
        return requests.get(link.url(file), timeout=10)

    answer = fetch(poster, "poster.webp")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/webp")
    assert fetch(video, "poster.webp").status_code == 404


def test_a_cover_becomes_the_artwork_of_its_release(transactional_db, tmp_path, media_keys):
    release = ReleaseFactory()
    job = send(picture(tmp_path / "cover.png"), release=release, content_type="image/png")

    run_ingest(job_id=job.pk)

    asset = Asset.objects.current().get()
    job.refresh_from_db()
    assert (asset.quality, asset.release, asset.color, job.warning) == ("artwork", release, "#c8283c", "")
    assert media_keys(asset.uid) == ["1000.jpg", "1000.webp", "1400.jpg", "1400.webp", "320.jpg", "320.webp"]


def test_a_cover_that_had_to_be_cropped_is_mentioned(transactional_db, tmp_path):
    job = send(picture(tmp_path / "cover.png", 1_800, 1_400), release=ReleaseFactory(), content_type="image/png")

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert job.warning == (
        "It was cropped to a square from 1800 × 1400 pixels. Upload a square one if something is missing now."
    )


def test_a_second_run_of_a_finished_job_changes_nothing(uploaded):
    job = uploaded()
    run_ingest(job_id=job.pk)
    before = list(Asset.objects.values())

    run_ingest(job_id=job.pk)

    assert list(Asset.objects.values()) == before


def test_a_run_of_a_job_that_is_not_there_does_nothing(transactional_db):
    run_ingest(job_id=1)

    assert not IngestJob.objects.exists()


def test_a_broken_file_fails_with_a_sentence_and_is_never_seen(transactional_db, tmp_path):
    recording = TrackFactory(ready=False).recording
    (tmp_path / "contract.wav").write_bytes(b"%PDF-1.7\n")
    job = send(tmp_path / "contract.wav", recording=recording)

    run_ingest(job_id=job.pk)
    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_code) == ("failed", 1, "NOT_MEDIA")
    assert "looks like a PDF" in job.error_message
    assert not Asset.objects.exists()
    assert not Recording.objects.filter(ready_at__isnull=False).exists()
    assert pick_up_jobs() == 0


def test_a_newer_master_replaces_the_assets_and_no_link_loses_its_files(uploaded, stored_files):
    first = uploaded(name="first.wav")
    run_ingest(job_id=first.pk)

    second = uploaded(first.master.recording, seconds=3, name="second.wav")
    run_ingest(job_id=second.pk)

    old = Asset.objects.filter(job=first)
    assert {one.job for one in Asset.objects.current()} == {second}
    assert None not in old.values_list("replaced_at", flat=True)
    assert stored_files(old) == AUDIO_FILES
    assert Recording.objects.get().duration_ms == 3_000


def test_what_the_newer_master_lacks_does_not_stay_the_older_one(uploaded, monkeypatch):
    first = uploaded(name="first.wav")
    run_ingest(job_id=first.pk)
    monkeypatch.setattr("catalog.ingest.rules.MAX_RENDITION_BYTES", 100_000)

    run_ingest(job_id=uploaded(first.master.recording, seconds=6, name="second.wav").pk)

    assert current(first.master.recording) == ["preview", "standard"]


def test_an_older_master_never_replaces_a_newer_one(uploaded, media_keys):
    older = uploaded(name="older.wav")
    newer = uploaded(older.master.recording, name="newer.wav")
    run_ingest(job_id=newer.pk)

    run_ingest(job_id=older.pk)

    older.refresh_from_db()
    assert (older.state, older.stage, older.error_code) == ("failed", "publish", "SUPERSEDED")
    assert {one.job for one in Asset.objects.all()} == {newer}


def test_a_master_that_vanished_fails_with_a_sentence(uploaded):

    job = uploaded()
    storage.client().delete_object(Bucket=settings.R2_MASTERS_BUCKET, Key=job.master.key)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "MASTER_MISSING")


def test_a_file_swapped_after_the_upload_was_completed_fails_with_a_sentence(uploaded):
    job = uploaded()
    storage.client().put_object(Bucket=settings.R2_MASTERS_BUCKET, Key=job.master.key, Body=b"RIFF, and much more")

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "CHANGED")


# --- Bad luck --------------------------------------------------------------------------------------------------------


def test_r2_down_lets_the_job_wait_longer_each_time_and_then_works(uploaded, edge_server):
    job = uploaded()
    edge_server.stop()

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert job.error_message == "The store does not answer; the job is tried again."
    assert timedelta(seconds=5) < job.run_after - clock.now() <= timedelta(seconds=10)
    run_ingest(job_id=job.pk)
    job.refresh_from_db()
    assert job.attempts == 1

    edge_server.start()
    with time_machine.travel(clock.now() + timedelta(seconds=11)):
        assert pick_up_jobs() == 1
        run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_message) == ("ready", 2, "")


def test_r2_lost_while_storing_leaves_nothing_published(uploaded, edge_server, gate, in_thread):
    job = uploaded()
    running = in_thread(lambda: run_ingest(job_id=job.pk))
    gate.wait_until_started()

    edge_server.stop()
    gate.open()
    running.result(timeout=30)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("waiting", "STORAGE_UNAVAILABLE")
    assert not Asset.objects.current().exists()
    edge_server.start()
    with time_machine.travel(clock.now() + timedelta(minutes=11), tick=False):
        assert discard_abandoned_assets() == 1
    assert not Asset.objects.exists()


def test_after_the_last_attempt_the_job_has_failed_with_a_sentence(uploaded, edge_server):
    job = uploaded()
    IngestJob.objects.update(attempts=MAX_ATTEMPTS - 1)
    edge_server.stop()

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", MAX_ATTEMPTS)
    assert job.error_message == (
        "The store does not answer; the job is tried again. "
        f"It was tried {MAX_ATTEMPTS} times: try it again in the ingest jobs when the trouble is over."
    )


def test_a_file_that_kills_each_worker_is_given_up(uploaded):
    job = uploaded()
    IngestJob.objects.update(
        state="running",
        attempts=MAX_ATTEMPTS,
        claimed_by=uuid.uuid4(),
        claimed_until=clock.now() - timedelta(seconds=1),
    )

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "GAVE_UP")


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (4, 80), (7, 640), (8, 900), (30, 900)])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(attempts, seconds):
    at = clock.now()

    assert next_attempt(at, attempts) - at == timedelta(seconds=seconds)
