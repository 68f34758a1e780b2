"""The main job, in a real browser: sign up, search, hear a song from the edge, and see it counted."""

import json
import re
from pathlib import Path

import pytest
import requests

from accounts.models import Mail, User
from analytics.plays.models import Play
from analytics.totals.services import roll_up
from catalog.ingest.services import run_ingest
from catalog.ingest.uploads import complete_upload, start_upload
from catalog.music.models import Membership
from catalog.search.backlog import store_waiting
from streaming.devstack.demo import build_cover, build_master, ingest_order
from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory, TrackFactory, UserFactory
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

LISTENED_SECONDS = 31
SHOTS = Path("var/screenshots")


def upload(path: Path, content_type: str, **thing) -> None:
    """As the admin's page does: ask where to, PUT straight to R2, and let the worker's service do its work."""
    started = start_upload(filename=path.name, size_bytes=path.stat().st_size, content_type=content_type, **thing)
    requests.put(started.url, data=path.read_bytes(), headers=started.headers, timeout=30).raise_for_status()
    run_ingest(job_id=complete_upload(master_uid=started.master.uid).pk)


@pytest.fixture
def song(transactional_db, tmp_path):
    """The demo's first song, ingested for real, with its cover."""
    release, song = next(iter(ingest_order()))
    artist = ArtistFactory(name=song.artists[0].name)
    track = TrackFactory(
        ready=False,
        recording=RecordingFactory(title=song.title, by=[artist]),
        release=ReleaseFactory(title=release.title, by=[artist]),
    )
    upload(build_master(song, tmp_path), "audio/flac", recording=track.recording)
    upload(build_cover(release, tmp_path), "image/jpeg", release=track.release)
    store_waiting()
    return track


@pytest.fixture
def artist_user(song):
    user = UserFactory(email="artist@example.com", display_name="The artist")
    Membership.objects.create(user=user, artist=song.recording.artists.get(), role=Membership.Role.OWNER)
    return user


def sign_in(page, email: str) -> None:
    page.goto("/sign-in")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


def heard_seconds(page) -> float:
    return page.evaluate("document.querySelector('#media')?.currentTime ?? 0")


def wait_until_heard(page, position: float, *, seconds: int) -> None:
    """Asked again and again from outside: the page's policy lets no code be evaluated inside."""
    for _ in range(seconds * 10):
        if heard_seconds(page) > position:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{heard_seconds(page)} s were heard")


def test_a_person_signs_up_hears_a_song_and_the_artist_sees_one_stream(page, song, artist_user, settings, api_as):
    media, sent = [], []
    page.on("request", lambda request: media.append(request.url) if re.search(r"\.(m3u8|mp4)$", request.url) else None)
    page.on("request", lambda request: sent.append(request.post_data) if request.url.endswith("/plays") else None)

    page.goto("/sign-up")
    page.fill("[name=email]", "new@example.com")
    page.fill("[name=display_name]", "New Listener")
    page.fill("[name=password]", "a long enough secret")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-testid=code-form]")
    page.fill("[name=code]", re.search(r"Your code is (\S+)", Mail.objects.get().text).group(1))
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.keyboard.press("/")
    page.keyboard.type(song.recording.title[:6])
    row = page.get_by_test_id("track-row").filter(has_text=song.recording.title).first
    row.get_by_test_id("play-button").click()
    wait_until_heard(page, 0.5, seconds=15)
    assert song.recording.title in page.get_by_test_id("now-playing-title").inner_text()
    page.screenshot(path=SHOTS / "playing.png")

    # The song is a little longer than 31 s and is heard to its end: then the page sends the play.
    with page.expect_response(lambda response: response.url.endswith("/api/v1/plays"), timeout=60_000) as answered:
        wait_until_heard(page, LISTENED_SECONDS, seconds=45)

    assert answered.value.json()["plays"][0]["status"] == "accepted"
    assert media
    asset = song.recording.assets.get(quality="standard")
    assert all(url.startswith(f"{settings.MEDIA_BASE_URL}/{asset.uid}/") for url in media)
    song.recording.refresh_from_db()
    assert 30_000 < Play.objects.get().listened_ms <= song.recording.duration_ms + 500
    assert roll_up() == 1
    assert_dashboard_shows_one(page, song, artist_user)

    # The same play again, as a client does that never heard the answer, changes nothing.
    listener = User.objects.get(email="new@example.com")
    listener.set_password(PASSWORD)
    listener.save()
    again = api_as(listener).post("/api/v1/plays", json.loads(sent[0]), format="json")
    assert again.json()["plays"][0]["status"] == "duplicate"
    assert roll_up() == 0
    assert_dashboard_shows_one(page, song, artist_user)


def assert_dashboard_shows_one(page, song, artist_user) -> None:
    sign_in(page, artist_user.email)
    page.get_by_role("link", name="Dashboard").first.click()
    streams = page.get_by_test_id("dashboard-streams")
    streams.wait_for()
    assert re.search(r"\b1\b", streams.inner_text())
    assert song.recording.title in page.get_by_test_id("top-tracks").inner_text()
    page.screenshot(path=SHOTS / "dashboard.png", full_page=True)
