"""A playlist in a real browser: the library leads to it, a track may be on it twice, and its plays are its own."""

import pytest

from catalog.playlists.models import Playlist
from catalog.playlists.services import add_tracks, create_playlist
from catalog.search.backlog import store_waiting
from tests.e2e.test_pages import sign_in
from tests.factories import RecordingFactory, TrackFactory, UserFactory, viewer_of_user

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def playlist(transactional_db):
    viewer = viewer_of_user(UserFactory(email="artist@example.com"))
    track = TrackFactory(recording=RecordingFactory(title="Harbour at Night"))
    playlist = create_playlist(viewer=viewer, name="Late trains", description="For the way home.")
    twice = [track.uid, track.uid]
    add_tracks(viewer=viewer, uid=playlist.uid, tracks=twice, before=None, skip_present=False, revisions=None)
    return playlist


def test_the_library_leads_to_a_playlist_whose_plays_are_its_own(page, playlist):
    sign_in(page)
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("link", name="Late trains").click()
    page.wait_for_url(f"**/playlists/{playlist.uid}")

    page.get_by_test_id("track-row").nth(1).wait_for()
    assert page.get_by_test_id("track-row").count() == 2
    with page.expect_request("**/api/v1/play-tickets") as asked:
        page.get_by_test_id("play-all").click()

    context = asked.value.post_data_json["items"][0]["context"]
    assert context == {"kind": "playlist", "uid": str(playlist.uid)}


def test_a_private_playlist_is_not_found_by_somebody_else(page, playlist):
    page.goto(f"/playlists/{playlist.uid}")

    page.get_by_text("There is no such playlist, or it is not shared with you.").wait_for()
    assert page.get_by_text("Late trains").count() == 0


def test_a_public_playlist_is_found_by_its_name_and_a_private_one_is_not(page, playlist):
    store_waiting()
    page.goto("/search?q=late+trains")
    page.get_by_text("Nothing found").wait_for()

    Playlist.objects.update(visibility=Playlist.Visibility.PUBLIC)
    store_waiting()
    page.reload()
    page.get_by_role("link", name="Late trains").click()
    page.wait_for_url(f"**/playlists/{playlist.uid}")
    page.get_by_test_id("track-row").first.wait_for()
