"""R2 answers, and refuses: told apart from no answer, tried again, and a sentence that does not blame the file."""

import pytest
import requests
import time_machine

from catalog.ingest.claims import MAX_ATTEMPTS
from catalog.ingest.models import Asset, IngestJob
from catalog.ingest.services import run_ingest
from catalog.ingest.uploads import complete_upload, start_parts, start_upload
from streaming.lib import storage
from streaming.lib.errors import DomainError
from tests.factories import LabelFactory, RecordingFactory

REFUSED = (
    "The store refuses us: its keys or buckets are set up wrongly. Nothing is wrong with the file. Tell whoever runs "
    "the service; the job is tried again."
)


@pytest.fixture
def misconfigured(settings):
    """Sets what a person got wrong; the client is made anew, as in a process that starts."""

    def set_up(**wrong):
        for name, value in wrong.items():
            setattr(settings, name, value)
        storage.client.cache_clear()

    yield set_up
    storage.client.cache_clear()


@pytest.mark.parametrize("wrong", [{"R2_SECRET_ACCESS_KEY": "x" * 32}, {"R2_MASTERS_BUCKET": "nowhere"}])
def test_a_job_waits_until_the_settings_are_right_and_then_works(uploaded, settings, misconfigured, wrong):
    right = {name: getattr(settings, name) for name in wrong}
    job = uploaded()
    misconfigured(**wrong)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code, job.error_message) == ("waiting", "STORAGE_REFUSED", REFUSED)
    misconfigured(**right)
    with time_machine.travel(job.run_after):
        run_ingest(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error_message) == ("ready", 2, "")


def test_after_the_last_attempt_it_has_failed_with_the_same_sentence(uploaded, misconfigured):
    job = uploaded()
    IngestJob.objects.update(attempts=MAX_ATTEMPTS - 1)
    misconfigured(R2_SECRET_ACCESS_KEY="x" * 32)

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "STORAGE_REFUSED")
    assert job.error_message.startswith(REFUSED)


def test_a_store_that_is_full_says_so_and_nothing_is_published(uploaded, r2):
    job = uploaded()
    r2.refuse, r2.answer = "a160.mp4", (403, "StorageQuotaExceeded")

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.stage, job.error_code) == ("waiting", "upload", "STORAGE_FULL")
    assert job.error_message == (
        "The store is full. Nothing is wrong with the file. Tell whoever runs the service; the job is tried again."
    )
    assert not Asset.objects.current().exists()


def test_an_upload_says_what_is_wrong(db, misconfigured):
    upload = start_upload(recording=RecordingFactory(), filename="a.wav", size_bytes=4, content_type="audio/wav")
    requests.put(upload.url, data=b"RIFF", headers=upload.headers, timeout=10).raise_for_status()
    misconfigured(R2_SECRET_ACCESS_KEY="x" * 32)

    for call in (
        lambda: complete_upload(master_uid=upload.master.uid),
        lambda: start_parts(label=LabelFactory(), filename="a.wav", size_bytes=4, content_type="audio/wav"),
    ):
        with pytest.raises(DomainError) as refused:
            call()
        assert (refused.value.code, refused.value.status) == ("STORAGE_UNAVAILABLE", 503)
        assert refused.value.detail == (
            "The store refuses us: its keys or buckets are set up wrongly. Tell whoever runs the service, and try "
            "again when it is mended."
        )
    upload.master.refresh_from_db()
    assert upload.master.uploaded_at is None
