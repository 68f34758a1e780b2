import pytest

from catalog.ingest.services import run_ingest
from catalog.music.models import Recording
from tests.catalog.ingest.conftest import send
from tests.catalog.ingest.media import film, picture, tone
from tests.catalog.ingest.test_services import AUDIO_FILES, current
from tests.factories.catalog import RecordingFactory


@pytest.fixture
def ad(transactional_db):
    """By nobody, and on no release."""
    return Recording.objects.create(kind=Recording.Kind.AD, title="Spring sale")


def test_an_ad_becomes_an_asset_as_a_song_does(ad, tmp_path, media_keys):
    job = send(tone(tmp_path / "ad.wav", 2), recording=ad)
    run_ingest(job_id=job.pk)

    ad.refresh_from_db()
    job.refresh_from_db()
    assert current(ad) == ["standard"]
    assert media_keys(ad.assets.get().uid) == AUDIO_FILES["standard"]
    assert job.warning == ""
    assert ad.ready_at is not None
    assert abs(ad.duration_ms - 2000) < 50


def test_an_ad_may_be_a_video_and_then_it_replaces_the_sound(ad, tmp_path):
    run_ingest(job_id=send(tone(tmp_path / "ad.wav", 1), recording=ad).pk)
    run_ingest(job_id=send(film(tmp_path / "ad.mp4", 1.2), content_type="video/mp4", recording=ad).pk)

    assert current(ad) == ["video"]


def test_a_picture_becomes_the_banner_of_an_ad_beside_its_sound(ad, tmp_path, media_keys):
    run_ingest(job_id=send(tone(tmp_path / "ad.wav", 1), recording=ad).pk)
    run_ingest(job_id=send(picture(tmp_path / "banner.png"), content_type="image/png", recording=ad).pk)

    assert current(ad) == ["banner", "standard"]
    banner = ad.assets.get(quality="banner")
    assert media_keys(banner.uid) == ["1000.jpg", "1000.webp", "320.jpg", "320.webp"]
    assert banner.color.startswith("#")


def test_a_picture_alone_makes_no_ad_ready(ad, tmp_path):
    run_ingest(job_id=send(picture(tmp_path / "banner.png"), content_type="image/png", recording=ad).pk)

    ad.refresh_from_db()
    assert ad.ready_at is None


def test_a_song_takes_no_picture(transactional_db, tmp_path):
    job = send(picture(tmp_path / "banner.png"), content_type="image/png", recording=RecordingFactory())

    run_ingest(job_id=job.pk)

    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "NOT_MEDIA")
