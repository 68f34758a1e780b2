from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from catalog.music import services
from catalog.music.models import Track
from catalog.music.track_record import read_from_sql, record_key
from streaming.lib import records, redis
from tests.factories import RecordingFactory, ReleaseFactory, TrackFactory, publish


def held(track):
    return records.parse(redis.client().get(record_key(str(track.uid))))


def test_publishing_pushes_the_record_of_every_track_of_the_recording(transactional_db):
    recording = RecordingFactory()
    single, album = TrackFactory(recording=recording, ready=False), TrackFactory(recording=recording)

    assert held(single) == held(album)
    assert held(album)["ready"]
    assert held(album)["assets"]["standard"]["uid"] == str(recording.assets.get().uid)
    album.refresh_from_db()
    assert album.record_pushed == album.record_version


def test_a_newer_asset_replaces_the_older_in_the_record(transactional_db):
    track = TrackFactory()
    newer = publish(track)

    assert held(track)["assets"]["standard"]["uid"] == str(newer.uid)


def test_the_sweeper_pushes_what_a_crash_left_out(transactional_db, redis_server):
    track = TrackFactory()
    redis_server.stop()
    services.change_tracks(recording_ids=[track.recording_id])
    redis_server.start()
    redis.reset()
    assert held(track) is None

    assert services.push_tracks() == 1

    assert held(track)["ready"]
    assert services.push_tracks() == 0


def test_two_changes_at_once_both_count(transactional_db):
    track = TrackFactory()
    before = track.record_version

    def change(_):
        try:
            services.change_tracks(recording_ids=[track.recording_id])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(8)))

    assert Track.objects.get(pk=track.pk).record_version == before + 8


def test_reading_from_sql_costs_the_same_with_one_and_three(db, django_assert_num_queries):
    tracks = [TrackFactory() for _ in range(3)]
    for wanted in (tracks[:1], tracks):
        with django_assert_num_queries(3):
            assert len(read_from_sql([str(track.uid) for track in wanted])) == len(wanted)


def test_gain_brings_a_recording_to_the_target_and_keeps_below_the_ceiling():
    from catalog.music.rules import playback_gain_db

    assert playback_gain_db(loudness_lufs=-10.0, true_peak_db=-1.5) == -4.0
    assert playback_gain_db(loudness_lufs=-20.0, true_peak_db=-3.0) == 2.0
    assert playback_gain_db(loudness_lufs=None, true_peak_db=None) == 0.0


def test_two_songs_of_an_album_published_at_once_are_both_heard_in_it(transactional_db):
    release = ReleaseFactory()
    songs = [TrackFactory(release=release, ready=False).recording for _ in range(4)]
    barrier = Barrier(4)

    def publish_song(place):
        barrier.wait()
        try:
            services.publish_recording(
                recording_id=songs[place].pk, duration_ms=60_000, loudness_lufs=-10.0, true_peak_db=-4.0 + place
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish_song, range(4)))

    release.refresh_from_db()
    assert (release.loudness_lufs, release.true_peak_db) == (-10.0, -1.0)


def test_silence_and_songs_that_are_not_ready_do_not_weigh(transactional_db):
    release = ReleaseFactory()
    TrackFactory(release=release, ready=False)
    silent, song = (TrackFactory(release=release, ready=False).recording for _ in range(2))

    services.publish_recording(recording_id=silent.pk, duration_ms=60_000)
    services.publish_recording(recording_id=song.pk, duration_ms=1_000, loudness_lufs=-8.0, true_peak_db=-1.5)

    release.refresh_from_db()
    assert (release.loudness_lufs, release.true_peak_db) == (-8.0, -1.5)
