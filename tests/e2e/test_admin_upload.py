"""An editor uploads a master in the admin, straight to R2, and watches it become playable."""

import wave

import numpy as np
import pyotp
import pytest
from allauth.mfa.totp.internal.auth import TOTP

from catalog.ingest.models import IngestJob
from catalog.ingest.services import run_ingest
from catalog.music.models import Recording
from tests.factories import RecordingFactory, TrackFactory
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tone(tmp_path):
    """Three seconds of a 440 Hz tone, as WAV."""
    path = tmp_path / "tone.wav"
    samples = (np.sin(np.arange(3 * 44_100) * 2 * np.pi * 440 / 44_100) * 8000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 44_100, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def sign_in(page, editor):
    page.goto("/admin/")
    page.fill("[name=username]", editor.email)
    page.fill("[name=password]", PASSWORD)
    secret = pyotp.random_base32()
    TOTP.activate(editor, secret)
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    with page.expect_navigation():
        page.keyboard.press("Enter")


def ingest_the_only_job():
    run_ingest(job_id=IngestJob.objects.get().pk)


def test_an_editor_uploads_a_master_and_watches_it_become_playable(page, editor, tone, settings):
    track = TrackFactory(recording=RecordingFactory(title="Tone"), ready=False)
    puts = []
    page.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    sign_in(page, editor)
    page.goto(f"/admin/catalog/recording/{track.recording.pk}/change/")
    panel = page.locator("[data-upload]")

    panel.locator("input[type=file]").set_input_files(tone)
    panel.get_by_text("Waiting").wait_for()
    ingest_the_only_job()
    panel.get_by_text("Ready").wait_for()

    assert [url.startswith(settings.R2_ENDPOINT_URL) for url in puts] == [True]
    assert Recording.objects.get(pk=track.recording.pk).ready_at is not None


def test_a_file_that_is_no_music_fails_with_a_sentence(page, editor, tmp_path):
    recording = RecordingFactory(title="Not a tone")
    letter = tmp_path / "letter.wav"
    letter.write_bytes(b"%PDF-1.7\n" + b"x" * 5000)
    sign_in(page, editor)
    page.goto(f"/admin/catalog/recording/{recording.pk}/change/")
    panel = page.locator("[data-upload]")

    panel.locator("input[type=file]").set_input_files(letter)
    panel.get_by_text("Waiting").wait_for()
    ingest_the_only_job()

    panel.get_by_text("it looks like a PDF").wait_for()
    assert Recording.objects.get(pk=recording.pk).ready_at is None
