"""In the admin, in a real browser: a published song is heard from the edge, and tracks are dragged into their order
or moved with the keyboard, on a release and on a playlist."""

import re

import pytest

from catalog.music.models import Track
from tests.e2e.test_admin_upload import sign_in, tone
from tests.e2e.test_first_song import upload
from tests.factories import PlaylistFactory, RecordingFactory, ReleaseFactory, TrackFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


# A fixture of that file.
__all__ = ["tone"]


def test_a_published_song_plays_from_the_edge(page, editor, tone, settings):
    recording = TrackFactory(recording=RecordingFactory(title="Tone"), ready=False).recording
    upload(tone, "audio/wav", recording=recording)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if ".mp4" in request.url else None)
    sign_in(page, editor)
    page.goto(f"/admin/catalog/recording/{recording.pk}/change/")
    player = page.get_by_label("Listen to Tone")
    assert asked == []

    player.evaluate("player => { player.muted = true; return player.play(); }")

    for _ in range(150):
        if player.evaluate("player => player.currentTime") > 0.5:
            break
        page.wait_for_timeout(100)
    assert player.evaluate("player => [player.currentTime > 0.5, player.error]") == [True, None]
    asset = recording.assets.get(quality="standard")
    assert asked
    assert all(re.match(rf"{re.escape(settings.MEDIA_BASE_URL)}/{asset.uid}/.+/a96\.mp4$", url) for url in asked)


def rows_of(name):
    return f"#{name}-data tbody.form-group.original"


ROWS = rows_of("tracks")


def shown(page, rows=ROWS):
    """Of the rows from the top: which it was when the page was opened, and the number in it."""
    fields = page.locator(f"{rows} input[name$='-number']").all()
    return [(field.get_attribute("name").split("-")[1], field.input_value()) for field in fields]


def drag(page, row, onto, rows=ROWS):
    """By hand, in steps: the page sorts while the pointer moves."""
    handles = page.locator(f"{rows} .cursor-move")
    start, end = (handles.nth(place).bounding_box() for place in (row, onto))
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2 - 5, steps=3)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 2, steps=25)
    page.wait_for_timeout(300)
    page.mouse.up()


def test_tracks_are_dragged_into_their_order(page, editor):
    release = ReleaseFactory(title="Harbour")
    for number, title in enumerate(("One", "Two", "Three"), start=1):
        recording = RecordingFactory(title=title, label=release.label)
        TrackFactory(release=release, number=number, recording=recording, ready=False)
    sign_in(page, editor)
    page.goto(f"/admin/catalog/release/{release.pk}/change/")
    page.locator(ROWS).first.scroll_into_view_if_needed()
    assert shown(page) == [("0", "1"), ("1", "2"), ("2", "3")]

    drag(page, 2, 0)

    for _ in range(50):
        if shown(page)[0] == ("2", "1"):
            break
        page.wait_for_timeout(100)
    assert shown(page) == [("2", "1"), ("0", "2"), ("1", "3")]
    page.locator("[name=_save]").first.click()
    page.wait_for_url("**/admin/catalog/release/**")
    page.get_by_text("was changed successfully").wait_for()
    kept = Track.objects.filter(release=release).order_by("number")
    assert list(kept.values_list("number", "recording__title")) == [(1, "Three"), (2, "One"), (3, "Two")]


def test_the_tracks_of_a_playlist_are_dragged_and_moved_with_the_keyboard(page, editor):
    songs = [TrackFactory(recording=RecordingFactory(title=title), ready=False) for title in ("One", "Two", "Three")]
    playlist, rows = PlaylistFactory(name="Late trams", tracks=songs), rows_of("entries")
    sign_in(page, editor)
    # All rows are in the window, and none is under the bar with the buttons.
    page.set_viewport_size({"width": 1280, "height": 1600})
    page.goto(f"/admin/catalog/playlist/{playlist.pk}/change/")
    assert shown(page, rows) == [("0", "1"), ("1", "2"), ("2", "3")]

    drag(page, 2, 0, rows)
    for _ in range(50):
        if shown(page, rows)[0] == ("2", "1"):
            break
        page.wait_for_timeout(100)
    assert shown(page, rows) == [("2", "1"), ("0", "2"), ("1", "3")]
    page.locator(f"{rows} input[name='entries-1-number']").press("Alt+ArrowUp")
    assert shown(page, rows) == [("2", "1"), ("1", "2"), ("0", "3")]
    page.locator("[name=_save]").first.click()
    page.wait_for_url("**/admin/catalog/playlist/**")
    page.get_by_text("was changed successfully").wait_for()
    kept = playlist.entries.order_by("rank").values_list("track__recording__title", flat=True)
    assert list(kept) == ["Three", "Two", "One"]
