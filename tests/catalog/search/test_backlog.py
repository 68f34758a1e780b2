"""Every way to change what can be found raises its document, and the worker loses none."""

import threading

import pytest
from django.db import connection, transaction

from catalog.music.models import Artist, ArtistAlias, Recording, Release, Track
from catalog.playlists.models import Playlist
from catalog.playlists.services import change_playlist, create_playlist, delete_playlist
from catalog.search.backlog import store_waiting
from catalog.search.models import UNSTORED, IndexRow, SearchDocument, SearchWord
from streaming.lib import redis
from tests.factories import (
    ArtistFactory,
    GenreFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    viewer_of_user,
)


@pytest.fixture
def track(db):
    artist = ArtistFactory(name="Zoé")
    made = TrackFactory(
        recording=RecordingFactory(title="Rain", by=[artist]), release=ReleaseFactory(title="North", by=[artist])
    )
    work_off()
    return made


def work_off():
    while store_waiting():
        pass


def waiting():
    return {(row.kind, row.key) for row in IndexRow.objects.filter(UNSTORED)}


def document(kind, key):
    return SearchDocument.objects.get(row_kind=kind, key=key)


def test_what_is_new_waits_and_is_stored(track):
    assert waiting() == set()
    found = document("track", track.pk)
    assert (found.uid, found.kind, found.names) == (track.uid, "track", ["rain"])
    assert set(found.all_words) == {"rain", "zoe", "north"}
    assert found.year == 2020


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Recording, {"title": "Snow"}),
        (Recording, {"explicit": True}),
        (Release, {"title": "South"}),
        (Artist, {"name": "Zara"}),
    ],
)
def test_an_update_of_many_rows_at_once_raises_what_shows_them(track, model, change):
    model.objects.update(**change)
    work_off()

    found = document("track", track.pk)
    expected = {"title": {"snow", "south"}, "name": {"zara"}, "explicit": set()}[next(iter(change))]
    assert expected & set(found.all_words) or found.explicit


def test_an_update_of_something_else_raises_nothing(track):
    Recording.objects.update(loudness_lufs=-9)
    Track.objects.update(record_version=9)
    Release.objects.update(p_line="℗")

    assert waiting() == set()


def test_an_alias_and_a_genre_reach_the_tracks(track):
    artist = track.recording.credits.get().artist
    ArtistAlias.objects.create(artist=artist, name="The Quiet One")
    track.release.genres.add(GenreFactory(slug="folk"))
    work_off()

    assert "quiet" in document("track", track.pk).all_words
    assert "thequietone" in document("artist", artist.pk).names
    assert document("track", track.pk).genres == ["folk"]

    track.release.genres.get().delete()
    work_off()
    assert document("track", track.pk).genres == []


def test_a_renamed_genre_reaches_its_tracks(track):
    genre = GenreFactory(slug="folk")
    track.release.genres.add(genre)
    genre.slug = "indie-folk"
    genre.save()
    work_off()

    assert document("track", track.pk).genres == ["indie-folk"]


def test_what_is_deleted_leaves_a_row_and_no_document(track):
    key = track.pk
    track.delete()
    work_off()

    assert not SearchDocument.objects.filter(row_kind="track").exists()
    row = IndexRow.objects.get(kind="track", key=key)
    assert row.stored_version == row.version


def test_a_change_rolled_back_raises_nothing(track):
    with transaction.atomic():
        Recording.objects.update(title="Snow")
        transaction.set_rollback(True)

    assert waiting() == set()


def test_an_ad_has_no_document_and_a_video_one_of_its_kind(db):
    ad = TrackFactory(recording=RecordingFactory(kind="ad", title="Buy"))
    video = TrackFactory(recording=RecordingFactory(kind="video", title="Watch"))
    work_off()

    assert not SearchDocument.objects.filter(row_kind="track", key=ad.pk).exists()
    assert document("track", video.pk).kind == "video"


@pytest.mark.parametrize("visibility", ["private", "unlisted"])
def test_a_playlist_is_out_in_the_transaction_that_hides_it(db, bob, visibility):
    public = Playlist.objects.create(name="Open", owner=bob, visibility="public")
    never = Playlist.objects.create(name="Secret", owner=bob)
    work_off()
    assert document("playlist", public.pk).names == ["open"]

    secret = public.uid if visibility == "unlisted" else None
    Playlist.objects.filter(pk=public.pk).update(visibility=visibility, secret=secret)

    assert not SearchDocument.objects.exists()
    assert ("playlist", public.pk) in waiting()
    work_off()
    assert not SearchDocument.objects.exists()
    assert not IndexRow.objects.filter(kind="playlist", key=never.pk).exists()


def test_a_rename_costs_the_writer_one_row_however_many_tracks_there_are(db):
    artist = ArtistFactory(name="Zoé")
    release = ReleaseFactory(by=[artist])
    for number in range(1, 21):
        TrackFactory(release=release, number=number, recording=RecordingFactory(by=[artist]))
    work_off()

    Artist.objects.filter(pk=artist.pk).update(name="Zara")

    assert waiting() == {("artist", artist.pk)}
    work_off()
    assert all("zara" in one.all_words for one in SearchDocument.objects.all())


class Held:
    """A transaction of another connection that has changed something, and has not committed."""

    def __init__(self, change):
        self.change, self.changed, self.end = change, threading.Event(), threading.Event()
        self.commits = True
        self.thread = threading.Thread(target=self.run)

    def run(self):
        with transaction.atomic():
            self.change()
            self.changed.set()
            self.end.wait(20)
            transaction.set_rollback(not self.commits)
        connection.close()

    def __enter__(self):
        self.thread.start()
        assert self.changed.wait(20)
        return self

    def __exit__(self, *args):
        self.end.set()
        self.thread.join()


@pytest.mark.parametrize("commits", [True, False])
def test_a_rename_reaches_a_track_that_a_writer_holds(transactional_db, commits):
    artist = ArtistFactory(name="Zoé")
    track = TrackFactory(recording=RecordingFactory(title="Rain", by=[artist]))
    work_off()
    with Held(lambda: Recording.objects.filter(pk=track.recording_id).update(title="Snow")) as writer:
        writer.commits = commits
        Artist.objects.filter(pk=artist.pk).update(name="Zara")
        store_waiting()
        assert "zoe" in document("track", track.pk).all_words
    work_off()

    assert "zara" in document("track", track.pk).all_words
    assert ("snow" in document("track", track.pk).all_words) is commits


def test_one_worker_stores_and_another_goes_on_without_waiting(transactional_db, track):
    Recording.objects.update(title="Snow")

    def store():
        assert store_waiting() > 0

    with Held(store):
        assert store_waiting() == 0
    assert waiting() == set()


def test_two_that_change_the_same_in_another_order_both_commit(transactional_db):
    tracks = [TrackFactory() for _ in range(4)]
    keys = [track.recording_id for track in tracks]
    problems = []

    def change(title):
        try:
            for _ in range(10):
                Recording.objects.filter(pk__in=keys).update(title=title)
                store_waiting()
        except Exception as error:  # noqa: BLE001  it is what is asked for
            problems.append(error)
        connection.close()

    threads = [threading.Thread(target=change, args=[title]) for title in ("Snow", "Rain", "Wind")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work_off()

    assert problems == []
    titles = dict(Track.objects.values_list("pk", "recording__title"))
    assert {key: [title.lower()] for key, title in titles.items()} == {
        one.key: one.names for one in SearchDocument.objects.filter(row_kind="track")
    }


def test_what_an_erased_listener_named_is_kept_nowhere(db, bob):
    Playlist.objects.create(name="Best of Quux", owner=bob, visibility="public")
    work_off()
    assert SearchDocument.objects.filter(all_words__contains=["quux"]).exists()

    Playlist.objects.filter(owner=bob).delete()

    assert not SearchDocument.objects.filter(all_words__contains=["quux"]).exists()
    assert not SearchWord.objects.filter(word="quux").exists()


@pytest.mark.parametrize("edit", ["hide", "delete"])
def test_hiding_a_playlist_nudges_the_worker(transactional_db, bob, edit):
    viewer = viewer_of_user(bob)
    playlist = create_playlist(viewer=viewer, name="Open", visibility="public")
    assert redis.client().llen("default") == 0

    if edit == "hide":
        change_playlist(viewer=viewer, uid=playlist.uid, changes={"visibility": "private"}, revisions=None)
    else:
        delete_playlist(viewer=viewer, uid=playlist.uid, revisions=None)

    assert redis.client().llen("default") == 1
