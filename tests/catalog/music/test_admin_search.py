"""The admin's search: words of names, in any case, and codes."""

import pytest
from django.urls import reverse

from catalog.music import admin_search
from catalog.music.models import Recording
from tests.factories import ArtistFactory, LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory


@pytest.fixture
def search(staff_as, editor):
    return searching(staff_as(editor))


def searching(client):
    def found(model, text):
        page = client.get(reverse(f"admin:catalog_{model}_changelist"), {"q": text})
        assert page.status_code == 200
        return {row.pk for row in page.context["cl"].result_list}

    return found


@pytest.fixture
def harbour(db):
    mira, kai = ArtistFactory(name="Mira Solano"), ArtistFactory(name="Kai")
    recording = RecordingFactory(title="Harbour Lights", isrc="QZBBT2600001", by=[mira, kai])
    return TrackFactory(recording=recording, release=ReleaseFactory(title="Night", upc="036000291452", by=[mira]))


@pytest.mark.parametrize(
    "text",
    [
        "harbour", "LIGHTS", "lights harb", "mira", "solano mira", "mira harbour", "harbour kai",
        "mira solano harb light",
        "QZBBT2600001", "qz-bbt-26-00001", "arbour",
    ],
)  # fmt: skip
def test_a_recording_is_found_by_title_artist_both_and_isrc(search, harbour, text):
    RecordingFactory(title="Something else")

    assert search("recording", text) == {harbour.recording_id}


@pytest.mark.parametrize("text", ["harbour nothing", "mira kai harbour", "%", "_", "036000291452", "x" * 300, "\\"])
def test_what_does_not_match_is_not_found(search, harbour, text):
    assert search("recording", text) == set()


def test_a_uid_finds_its_row(search, harbour):
    assert search("recording", str(harbour.recording.uid)) == {harbour.recording_id}
    assert search("track", str(harbour.uid)) == {harbour.pk}


def test_releases_tracks_and_artists_are_found(search, harbour):
    assert search("release", "night mira") == search("release", "036000291452") == {harbour.release_id}
    assert search("track", "night harbour") == search("track", "QZBBT2600001") == {harbour.pk}
    assert len(search("artist", "solano")) == 1


def test_a_row_that_matches_twice_is_there_once(search, db):
    artist = ArtistFactory(name="Echo")
    recording = RecordingFactory(title="Echo", by=[artist, ArtistFactory(name="Echo Two")])

    assert search("recording", "echo") == {recording.pk}


def test_of_very_many_the_newest_are_shown(search, db, monkeypatch):
    monkeypatch.setattr(admin_search, "MOST", 2)
    made = [RecordingFactory(title="Common").pk for _ in range(3)]

    assert search("recording", "common") == set(made[1:])


def test_of_very_many_artists_of_a_name_the_newest_are_looked_through(search, db, monkeypatch):
    monkeypatch.setattr(admin_search, "MOST", 2)
    made = [RecordingFactory(title=f"Song {n}", by=[ArtistFactory(name="Mira")]).pk for n in range(3)]

    assert search("recording", "mira") == set(made[1:])
    assert search("recording", "song 0 mira") == set(made[:1])


def test_artists_of_other_labels_do_not_crowd_out_ones_own(staff_as, label_editor, label, monkeypatch):
    monkeypatch.setattr(admin_search, "MOST", 2)
    own = RecordingFactory(label=label, by=[ArtistFactory(name="Mira", label=label)])
    other = LabelFactory()
    for _ in range(3):
        RecordingFactory(label=other, by=[ArtistFactory(name="Mira", label=other)])

    assert searching(staff_as(label_editor))("recording", "mira") == {own.pk}


def test_an_empty_search_shows_all(search, harbour):
    assert search("recording", "  ") == set(Recording.objects.values_list("pk", flat=True))
