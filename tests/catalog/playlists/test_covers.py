"""Covers of playlists: sent by their owner straight to the store, checked and made by a worker, gone when they must."""

from datetime import timedelta

import pytest
import requests
from django.conf import settings
from django.test import TestCase

from accounts.privacy.registry import sections
from accounts.privacy.services import erase_user
from catalog.ingest.claims import MAX_ATTEMPTS
from catalog.playlists import covers
from catalog.playlists.models import PlaylistCover
from catalog.playlists.tasks import discard_covers, make_cover, pick_up_covers
from streaming.lib import clock, storage
from tests.catalog.ingest.media import picture
from tests.factories import PlaylistFactory

BUCKETS = (settings.R2_MEDIA_BUCKET, settings.R2_MASTERS_BUCKET)
LATER = timedelta(hours=2, minutes=1)


@pytest.fixture
def mine(api_as, bob):
    return api_as(bob)


@pytest.fixture
def playlist(bob):
    return PlaylistFactory(owner=bob, visibility="public")


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "square.png"
    picture(path, 400, 400)
    return path


def page(playlist, part=""):
    return f"/api/v1/playlists/{playlist.uid}{part}"


def start(client, playlist, path, content_type="image/png", **changed):
    body = {"size": path.stat().st_size, "content_type": content_type, **changed}
    answer = client.post(page(playlist, "/cover"), body, "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def put(started, content):
    return requests.put(started["url"], data=content, headers=started["headers"], timeout=20).status_code


def confirm(client, playlist, started):
    return client.put(page(playlist, "/cover"), {"upload": started["upload"]}, "json")


def send(client, playlist, path, content_type="image/png"):
    """What a client does, and then what the worker does."""
    started = start(client, playlist, path, content_type)
    assert put(started, path.read_bytes()) == 200
    assert confirm(client, playlist, started).status_code == 202
    cover = PlaylistCover.objects.get(uid=started["upload"])
    make_cover(cover.pk)
    cover.refresh_from_db()
    return cover


def grow_old():
    """The store's clock goes on as ever: it is the rows that were made earlier."""
    PlaylistCover.objects.update(created_at=clock.now() - LATER)


def shown(client, playlist):
    return client.get(page(playlist)).json()


def files(cover):
    found = []
    for bucket in BUCKETS:
        listed = storage.client().list_objects_v2(Bucket=bucket, Prefix=f"{cover.uid}/")
        found += [item["Key"].partition("/")[2] for item in listed.get("Contents", [])]
    return sorted(found)


# --- From the picture to the cover -----------------------------------------------------------------------------------
def test_a_picture_becomes_the_cover_in_sizes_that_everybody_may_load(mine, api, playlist, square):
    started = start(mine, playlist, square)
    assert (started["headers"], shown(mine, playlist)["sent_cover"]["state"]) == (
        {"Content-Type": "image/png"},
        "uploading",
    )
    assert put(started, square.read_bytes()) == 200
    with TestCase.captureOnCommitCallbacks() as told:
        answer = confirm(mine, playlist, started)
    assert (answer.status_code, answer.json()["sent_cover"], len(told)) == (
        202,
        {"state": "checking", "refusal": ""},
        1,
    )
    assert shown(api, playlist)["artwork"] is None
    cover = PlaylistCover.objects.get()
    make_cover(cover.pk)

    body = shown(api, playlist)
    assert (body["artwork"]["color"], body["sent_cover"]) == ("#c8283c", None)
    sizes = {}
    for name in ("small", "large", "full"):
        for links in (body["artwork"], body["artwork"]["jpeg"]):
            answer = requests.get(links[name], timeout=20)
            assert answer.status_code == 200
            sizes.setdefault(name, []).append(answer.headers["Content-Type"])
    assert sizes == {name: ["image/webp", "image/jpeg"] for name in ("small", "large", "full")}
    assert shown(mine, playlist)["artwork"] == body["artwork"]
    [row] = mine.get("/api/v1/me/playlists").json()["results"]
    assert row["artwork"] == body["artwork"]


def test_links_are_the_same_for_an_hour(mine, api, playlist, square, time_machine):
    send(mine, playlist, square)
    time_machine.move_to(clock.now().replace(minute=1), tick=False)
    first = shown(api, playlist)["artwork"]
    time_machine.move_to(clock.now() + timedelta(minutes=50), tick=False)
    assert shown(api, playlist)["artwork"] == first
    time_machine.move_to(clock.now() + timedelta(minutes=20), tick=False)
    assert shown(api, playlist)["artwork"] != first


def test_the_address_takes_this_picture_alone(mine, playlist, square):
    started = start(mine, playlist, square)
    content = square.read_bytes()
    assert put(started, content + b"more") == 403
    assert put(started, content[:-1]) == 403
    wrong = {**started, "headers": {"Content-Type": "text/html"}}
    assert put(wrong, content) == 403
    assert put({**started, "url": started["url"].replace(started["upload"], str(playlist.uid))}, content) == 403
    assert put(started, content) == 200


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"size": 10_000_001}, "/size"),
        ({"size": 0}, "/size"),
        ({"size": "large"}, "/size"),
        ({"content_type": "image/gif"}, "/content_type"),
        ({"content_type": "image/svg+xml"}, "/content_type"),
        ({"content_type": ""}, "/content_type"),
    ],
)
def test_what_is_no_such_picture_is_refused_by_name(mine, playlist, changed, pointer):
    body = {"size": 10_000_000, "content_type": "image/jpeg"}
    assert mine.post(page(playlist, "/cover"), body, "json").status_code == 201
    answer = mine.post(page(playlist, "/cover"), {**body, **changed}, "json")
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])


def test_what_has_not_arrived_is_said(mine, playlist, square):
    started = start(mine, playlist, square)
    answer = confirm(mine, playlist, started)
    assert (answer.status_code, answer.json()["code"]) == (409, "UPLOAD_MISSING")
    storage.client().put_object(Bucket=settings.R2_MASTERS_BUCKET, Key=f"{started['upload']}/original", Body=b"short")
    answer = confirm(mine, playlist, started)
    assert (answer.status_code, answer.json()["code"]) == (409, "UPLOAD_MISSING")
    assert "5 bytes arrived" in answer.json()["detail"]


def test_confirming_again_changes_nothing(mine, playlist, square):
    cover = send(mine, playlist, square)
    with TestCase.captureOnCommitCallbacks() as told:
        assert confirm(mine, playlist, {"upload": str(cover.uid)}).status_code == 202
    assert told == []
    make_cover(cover.pk)
    cover.refresh_from_db()
    assert (cover.state, cover.attempts) == ("ready", 1)
    assert mine.put(page(playlist, "/cover"), {"upload": "x"}, "json").status_code == 400


# --- What is refused -------------------------------------------------------------------------------------------------
def test_a_refusal_is_a_sentence_for_the_owner_alone(mine, api, playlist, square, tmp_path):
    small, text = tmp_path / "small.png", tmp_path / "text.png"
    picture(small, 600, 299)
    text.write_bytes(b"%PDF-1.4 no picture")
    send(mine, playlist, square)
    before = shown(api, playlist)["artwork"]
    for path, words in (
        (small, "600 × 299 pixels, and a cover needs at least 300 × 300"),
        (text, "it looks like a PDF"),
    ):
        assert send(mine, playlist, path).state == "refused"
        body = shown(mine, playlist)
        assert body["sent_cover"]["state"] == "refused"
        assert words in body["sent_cover"]["refusal"]
        assert shown(api, playlist)["sent_cover"] is None
        # The one that was there stays.
        assert shown(api, playlist)["artwork"] == before


def test_a_picture_of_too_many_pixels_is_refused(mine, playlist, tmp_path):
    bomb = tmp_path / "bomb.png"
    picture(bomb, 8_000, 6_300, mode="1")
    assert "million pixels" in send(mine, playlist, bomb).refusal


def test_another_picture_after_the_confirmation_is_refused(mine, playlist, square):
    started = start(mine, playlist, square)
    put(started, square.read_bytes())
    confirm(mine, playlist, started)
    key = f"{started['upload']}/original"
    storage.client().put_object(Bucket=settings.R2_MASTERS_BUCKET, Key=key, Body=b"another")
    make_cover(PlaylistCover.objects.get().pk)
    assert shown(mine, playlist)["sent_cover"]["refusal"] == covers.CHANGED
    PlaylistCover.objects.update(state="checking", refusal="", claimed_until=None)
    storage.client().delete_object(Bucket=settings.R2_MASTERS_BUCKET, Key=key)
    make_cover(PlaylistCover.objects.get().pk)
    assert shown(mine, playlist)["sent_cover"]["refusal"] == covers.MISSING


# --- Whose it is -----------------------------------------------------------------------------------------------------
def test_a_stranger_sends_confirms_and_removes_nothing(mine, api_as, charlie, playlist, square):
    stranger, body = api_as(charlie), {"size": 10, "content_type": "image/png"}
    cover = send(mine, playlist, square)
    theirs = PlaylistFactory(owner=charlie)
    for answer in (
        stranger.post(page(playlist, "/cover"), body, "json"),
        confirm(stranger, playlist, {"upload": str(cover.uid)}),
        confirm(stranger, theirs, {"upload": str(cover.uid)}),
        stranger.delete(page(playlist, "/cover")),
    ):
        assert answer.status_code == 404
    assert shown(mine, playlist)["artwork"]
    assert shown(stranger, theirs)["artwork"] is None


def test_a_private_playlist_gives_its_cover_to_nobody_else(mine, api, api_as, charlie, playlist, square):
    send(mine, playlist, square)
    saver = api_as(charlie)
    saved = saver.put(f"/api/v1/me/library?uids={playlist.uid}")
    assert saved.status_code == 200
    assert saver.get("/api/v1/me/library").json()["results"][0]["playlist"]["artwork"]
    mine.patch(page(playlist), {"visibility": "private"}, "json")

    uid = str(PlaylistCover.objects.get().uid)
    for client in (api, saver):
        assert client.get(page(playlist)).status_code == 404
        assert uid not in client.get("/api/v1/playlists").content.decode()
    assert uid not in saver.get("/api/v1/me/library").content.decode()
    assert uid in mine.get(page(playlist)).content.decode()


def test_a_copy_has_no_cover(mine, playlist, square):
    send(mine, playlist, square)
    assert mine.post(page(playlist, "/copies"), {}, "json").json()["artwork"] is None


# --- What goes -------------------------------------------------------------------------------------------------------
def test_the_owner_removes_it_and_its_files_go(mine, api, playlist, square):
    cover = send(mine, playlist, square)
    assert len(files(cover)) == 7
    assert mine.delete(page(playlist, "/cover")).status_code == 204
    assert shown(api, playlist)["artwork"] is None
    assert mine.delete(page(playlist, "/cover")).status_code == 204
    discard_covers()
    assert PlaylistCover.objects.exists()
    grow_old()
    discard_covers()
    assert (files(cover), PlaylistCover.objects.count()) == ([], 0)


def test_a_newer_one_replaces_it_and_its_files_go(mine, api, playlist, square):
    first, second = send(mine, playlist, square), send(mine, playlist, square)
    assert str(second.uid) in shown(api, playlist)["artwork"]["small"]
    grow_old()
    discard_covers()
    assert list(PlaylistCover.objects.values_list("uid", flat=True)) == [second.uid]
    assert files(first) == []
    # What was sent is needed no more.
    assert files(second) == ["1000.jpg", "1000.webp", "1400.jpg", "1400.webp", "320.jpg", "320.webp"]


def test_what_was_never_confirmed_or_is_refused_leaves_no_file(mine, playlist, square, tmp_path):
    small = tmp_path / "small.png"
    picture(small, 200, 200)
    left = start(mine, PlaylistFactory(owner=playlist.owner), square)
    put(left, square.read_bytes())
    refused = send(mine, playlist, small)
    left = PlaylistCover.objects.get(uid=left["upload"])
    grow_old()
    discard_covers()
    assert files(left) == files(refused) == []
    # Its sentence is still there.
    assert list(PlaylistCover.objects.all()) == [refused]


@pytest.mark.parametrize("how", ["deleted", "erased"])
def test_with_the_playlist_or_the_account_the_files_go(mine, bob, playlist, square, how):
    cover = send(mine, playlist, square)
    if how == "deleted":
        assert mine.delete(page(playlist)).status_code == 204
    else:
        [exported] = sections()["playlists"](bob)
        assert exported["cover_sent_at"] == cover.created_at
        erase_user(user=bob)
    grow_old()
    discard_covers()
    assert (files(cover), PlaylistCover.objects.count()) == ([], 0)


def test_one_that_is_removed_while_it_is_made_is_not_shown(mine, playlist, square):
    started = start(mine, playlist, square)
    put(started, square.read_bytes())
    confirm(mine, playlist, started)
    mine.delete(page(playlist, "/cover"))
    make_cover(PlaylistCover.objects.get().pk)
    cover = PlaylistCover.objects.get()
    covers._publish(cover, "#000000")
    cover.refresh_from_db()
    assert (cover.state, shown(mine, playlist)["artwork"]) == ("replaced", None)


# --- Workers ---------------------------------------------------------------------------------------------------------
def test_a_dead_workers_cover_is_picked_up_and_given_up_in_the_end(mine, playlist, square, time_machine):
    started = start(mine, playlist, square)
    put(started, square.read_bytes())
    confirm(mine, playlist, started)
    cover = PlaylistCover.objects.get()
    PlaylistCover.objects.update(claimed_until=clock.now() + covers.CLAIM)
    make_cover(cover.pk)
    assert shown(mine, playlist)["sent_cover"]["state"] == "checking"
    for minutes, told in ((4, 0), (2, 1)):
        time_machine.move_to(clock.now() + timedelta(minutes=minutes), tick=False)
        with TestCase.captureOnCommitCallbacks() as found:
            pick_up_covers()
        assert len(found) == told

    PlaylistCover.objects.update(attempts=MAX_ATTEMPTS)
    make_cover(cover.pk)
    assert shown(mine, playlist)["sent_cover"]["refusal"] == covers.GAVE_UP


@pytest.mark.django_db(transaction=True)
def test_while_the_store_is_away_nothing_is_lost(mine, playlist, square, edge_server):
    started = start(mine, playlist, square)
    put(started, square.read_bytes())
    edge_server.stop()
    answer = confirm(mine, playlist, started)
    assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_UNAVAILABLE")
    PlaylistCover.objects.update(state="checking")
    make_cover(PlaylistCover.objects.get().pk)
    cover = PlaylistCover.objects.get()
    assert (cover.state, cover.attempts) == ("checking", 1)
    PlaylistCover.objects.update(state="replaced", claimed_until=None)
    grow_old()
    discard_covers()
    assert PlaylistCover.objects.exists()


def test_covers_are_made_by_the_workers_of_media():
    assert settings.CELERY_TASK_ROUTES[covers.MAKE_TASK] == {"queue": "media"}
