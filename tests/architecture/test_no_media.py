"""The one idea: the back end never touches media bytes. The guard watches every response of the whole suite."""

import contextlib
import uuid

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.views.static import serve

from tests.architecture.test_routes import ALL
from tests.factories import TrackFactory
from tests.guard import MEDIA_TYPES, MediaBytesServedError, NoMediaBytesMiddleware


@pytest.mark.parametrize(
    "content_type",
    ["audio/mp4", "audio/flac", "video/mp4", "video/iso.segment", "Application/vnd.apple.mpegurl; charset=utf-8"],
)
def test_the_guard_refuses_media(content_type):
    answer = NoMediaBytesMiddleware(lambda request: HttpResponse(b"", content_type=content_type))

    with pytest.raises(MediaBytesServedError):
        answer(RequestFactory().get("/"))


@pytest.mark.django_db  # closing a response ends a request, and Django then looks at the connection of the thread
def test_the_guard_sees_a_view_that_serves_a_song(tmp_path):
    (tmp_path / "song.mp3").write_bytes(b"x")
    request = RequestFactory().get("/song.mp3")
    with contextlib.closing(serve(request, "song.mp3", document_root=tmp_path)) as response:
        answer = NoMediaBytesMiddleware(lambda request: response)

        with pytest.raises(MediaBytesServedError):
            answer(request)


def test_the_guard_is_in_the_way_of_every_response(settings):
    assert settings.MIDDLEWARE[0] == "tests.guard.NoMediaBytesMiddleware"


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("accept", ["*/*", "audio/mp4", "application/vnd.apple.mpegurl"])
def test_no_route_answers_with_media_whatever_is_asked_for(api_as, bob, name, accept):
    track, client = TrackFactory(), api_as(bob)
    method, address = name.split(" ")
    for uid in (track.uid, track.release.uid, track.recording.assets.get().uid, uuid.uuid4()):
        path = address.replace("{uid}", str(uid))
        response = getattr(client, method.lower())(path, headers={"Accept": accept})

        assert not response.headers.get("Content-Type", "").lower().startswith(MEDIA_TYPES)
