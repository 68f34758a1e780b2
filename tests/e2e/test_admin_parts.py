"""An editor uploads many files in parts: one part fails and is sent again, one upload is cancelled."""

import threading

import pytest
from django.conf import settings
from django.db import connection

from catalog.ingest.inspection import inspect_master
from catalog.ingest.models import IngestJob, Master
from catalog.ingest.uploads import PART_BYTES
from catalog.music.models import Recording, Release, Track
from streaming.lib import storage
from tests.catalog.ingest.media import tone
from tests.e2e.test_admin_upload import sign_in
from tests.factories import LabelFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def long_tone(tmp_path):
    """A WAV that needs two parts."""
    path = tone(tmp_path / "03 Mira Solano - Long tone.wav", 50)
    assert PART_BYTES < path.stat().st_size < 2 * PART_BYTES
    return path


@pytest.fixture
def worker(transactional_db):
    """Looks into files as they arrive, as the worker of the media queue does."""
    done = threading.Event()

    def work():
        while not done.wait(0.05):
            for master_id in list(Master.objects.uninspected().values_list("pk", flat=True)):
                inspect_master(master_id=master_id)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    done.set()
    thread.join()


def open_page(page, editor):
    sign_in(page, editor)
    page.goto("/admin/catalog/master/")
    page.wait_for_selector(".uppy-Dashboard-AddFiles")


def choose(page, *paths):
    page.locator(".uppy-Dashboard-input").first.set_input_files([str(path) for path in paths])


def part(number):
    return lambda url: f"partNumber={number}" in url


def test_a_part_that_fails_is_sent_again_and_the_tags_become_a_draft(page, editor, long_tone, tmp_path, worker):
    LabelFactory(name="Night Bus")
    short = tone(tmp_path / "04 Mira Solano - Short tone.wav", 2)
    tries = []

    def fail_once(route):
        tries.append(route.request.method)
        if tries.count("PUT") == 1:
            route.abort("connectionreset")
        else:
            route.continue_()

    open_page(page, editor)
    page.route(part(2), fail_once)
    choose(page, long_tone, short)

    page.wait_for_selector("text=03 Mira Solano - Long tone.wav >> visible=true")
    page.wait_for_selector(f"[data-file] >> text={short.name}")
    page.wait_for_selector(f"[data-file] >> text={long_tone.name}")
    assert tries.count("PUT") == 2
    master = Master.objects.get(filename=long_tone.name)
    assert storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=master.key) == long_tone.stat().st_size
    assert page.input_value(f"[name=file-{master.uid}-title]") == "Long tone"
    page.select_option("[name$=-release]", "new")
    page.fill("[name$=release_title]", "Tones")
    page.click("text=Create recordings")
    page.wait_for_selector("text=2 recordings are being prepared")
    assert list(Track.objects.values_list("number", "recording__title")) == [(3, "Long tone"), (4, "Short tone")]
    release = Release.objects.get()
    assert (release.title, release.announced_at) == ("Tones", None)
    assert IngestJob.objects.count() == 2
    assert [artist.name for artist in Recording.objects.first().artists.all()] == ["Mira Solano"]


def test_a_part_that_keeps_failing_is_sent_again_by_a_click(page, editor, long_tone, worker):
    LabelFactory()
    open_page(page, editor)
    page.route(part(2), lambda route: route.fulfill(status=400))
    choose(page, long_tone)
    page.wait_for_selector(".uppy-StatusBar-actionBtn--retry")
    assert not Master.objects.exclude(uploaded_at=None).exists()

    page.unroute(part(2))
    page.unroute_all()
    page.click(".uppy-StatusBar-actionBtn--retry")

    page.wait_for_selector(f"[data-file] >> text={long_tone.name}")
    assert Master.objects.count() == 1


def test_cancelling_aborts_the_upload_in_storage(page, editor, long_tone):
    LabelFactory()
    open_page(page, editor)
    held = []
    # Playwright can't look into a built-in function.
    page.route(part(2), lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request(lambda request: part(2)(request.url)):
        choose(page, long_tone)
    master = Master.objects.get()

    with page.expect_response(lambda answer: answer.request.method == "DELETE") as gone:
        page.click(".uppy-StatusBar-actionBtn--cancel, .uppy-StatusBar-actionCircleBtn[data-uppy-super-focusable]")

    assert gone.value.status == 200
    assert not Master.objects.exists()
    with pytest.raises(storage.NoSuchObject):
        storage.complete_parts(
            bucket=settings.R2_MASTERS_BUCKET, key=master.key, upload_id=master.upload_id, etags={1: "x"}
        )
    page.unroute_all()


def test_a_server_that_refuses_says_why(page, editor, tmp_path):
    label = LabelFactory()
    open_page(page, editor)
    label.rules.all().delete()
    label.delete()
    choose(page, tone(tmp_path / "x.wav", 1))

    page.wait_for_selector("text=x.wav: There is no such label.")
