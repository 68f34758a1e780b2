import re
from datetime import date
from itertools import groupby

from streaming.devstack.demo import ARTISTS, LABELS, RELEASES, ingest_order

SONGS = [song for _, song in ingest_order()]
AUDIO = [song for song in SONGS if song.kind == "audio"]
VIDEOS = [song for song in SONGS if song.kind == "video"]


def test_the_catalogue_is_as_large_as_promised():
    assert 1 <= len(LABELS) <= 2
    assert len(ARTISTS) >= 6
    assert len(RELEASES) >= 8
    assert len(AUDIO) >= 16
    assert len(VIDEOS) >= 2
    assert {release.kind for release in RELEASES} == {"album", "ep", "single"}


def test_songs_last_40_to_90_seconds_and_videos_30_to_40():
    assert all(40 <= song.seconds <= 90 for song in AUDIO)
    assert all(30 <= song.seconds <= 40 for song in VIDEOS)


def test_isrcs_are_valid_and_unique():
    codes = [song.isrc for song in SONGS]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"QZ[A-Z0-9]{3}\d{7}", code) for code in codes)


def test_the_first_song_sent_is_a_short_one_and_videos_come_last():
    assert SONGS[0].kind == "audio"
    assert 40 <= SONGS[0].seconds <= 45
    assert [kind for kind, _ in groupby(song.kind for song in SONGS)] == ["audio", "video"]


def test_every_song_is_sent_once():
    assert len(SONGS) == len({song.slug for song in SONGS}) == sum(len(release.songs) for release in RELEASES)


def test_discs_are_numbered_from_one_without_gaps():
    for release in RELEASES:
        places = [(song.disc, song.number) for song in release.songs]
        assert places == sorted(places)
        for disc, group in groupby(places, key=lambda place: place[0]):
            numbers = [number for _, number in group]
            assert numbers == list(range(1, len(numbers) + 1)), (release.title, disc)
        assert {disc for disc, _ in places} == set(range(1, places[-1][0] + 1))


def test_some_songs_are_explicit_some_have_guests_and_some_names_have_accents():
    assert 1 <= sum(song.explicit for song in SONGS) <= 3
    assert any(len(song.artists) > 1 for song in SONGS)
    assert sum(not artist.name.isascii() for artist in ARTISTS) >= 2


def test_each_song_is_by_its_release_artist_and_already_out():
    for release, song in ingest_order():
        assert song.artists[0] is release.artist
        assert release.artist in ARTISTS
        assert release.artist.label in LABELS
        assert release.released_on < date(2025, 6, 1)
        assert release.genres
