"""A release is measured again whenever a track joins, leaves or moves, and the records of all its tracks say so."""

import pytest

from catalog.ingest.assignment import Decision, NewRelease, Use, assign_files
from catalog.music import services
from catalog.music.models import Recording, Release, Track
from catalog.music.track_record import read_from_sql
from tests.catalog.bulk.test_admin import imported, table
from tests.catalog.ingest.test_inbox import waiting
from tests.catalog.music.forms import form_of, send
from tests.factories import RecordingFactory, ReleaseFactory, TrackFactory

QUIET, LOUD = (-20.0, -3.0), (-8.0, -1.0)
# The energies of a minute of each, averaged.
BOTH = (-10.74, -1.0)


@pytest.fixture
def client(staff_as, editor):
    return staff_as(editor)


@pytest.fixture
def release(label):
    return ReleaseFactory(label=label, announced_at=None)


@pytest.fixture
def other(label):
    return ReleaseFactory(label=label)


def recording(label, measures):
    made = RecordingFactory(label=label)
    services.publish_recording(
        recording_id=made.pk, duration_ms=60_000, loudness_lufs=measures[0], true_peak_db=measures[1]
    )
    return made


@pytest.fixture
def quiet(label):
    return recording(label, QUIET)


@pytest.fixture
def loud(label):
    return recording(label, LOUD)


def on(release, recording, number):
    """A track, as if nothing but the row were there."""
    track = TrackFactory(release=release, recording=recording, number=number, ready=False)
    services.measure_releases(Release.objects.filter(pk=release.pk))
    return track


def measured(release):
    release.refresh_from_db()
    return release.loudness_lufs, release.true_peak_db


def page_of(thing):
    return f"/admin/catalog/{thing._meta.model_name}/{thing.pk}/change/"


def test_a_recording_that_is_replaced_changes_the_gain_of_its_neighbours(label, release, quiet, loud):
    first, second = on(release, quiet, 1), on(release, loud, 2)
    before = Track.objects.get(pk=first.pk).record_version
    assert measured(release) == BOTH

    services.publish_recording(recording_id=loud.pk, duration_ms=60_000, loudness_lufs=-20.0, true_peak_db=-3.0)

    assert measured(release) == QUIET
    assert Track.objects.get(pk=first.pk).record_version == before + 1
    records = read_from_sql([str(track.uid) for track in (first, second)])
    assert {record["album_gain_db"] for record in records.values()} == {2.0}


def test_publishing_the_same_again_leaves_the_neighbours_alone(release, quiet, loud):
    first, _ = on(release, quiet, 1), on(release, loud, 2)
    before = Track.objects.get(pk=first.pk).record_version

    services.publish_recording(recording_id=loud.pk, duration_ms=60_000, loudness_lufs=LOUD[0], true_peak_db=LOUD[1])

    assert Track.objects.get(pk=first.pk).record_version == before


def test_a_track_joins_changes_and_leaves_on_the_page_of_the_release(client, release, quiet, loud):
    first = on(release, quiet, 1)
    form = form_of(client, page_of(release))
    form.add_rows("tracks", [{"disc": 1, "number": 2, "recording": loud.pk}])
    before = Track.objects.get(pk=first.pk).record_version
    assert send(client, page_of(release), form).status_code == 302
    assert measured(release) == BOTH
    assert Track.objects.get(pk=first.pk).record_version > before

    form = form_of(client, page_of(release))
    form.fill({"tracks-0-recording": loud.pk, "tracks-1-recording": loud.pk})
    send(client, page_of(release), form)
    assert measured(release) == LOUD

    form = form_of(client, page_of(release))
    form.fill({"tracks-0-recording": quiet.pk, "tracks-1-DELETE": True})
    send(client, page_of(release), form)
    assert measured(release) == QUIET


def test_a_track_moves_to_another_release_on_its_own_page(client, release, other, quiet, loud):
    stays, moves = on(release, quiet, 1), on(release, loud, 2)
    before = Track.objects.get(pk=stays.pk).record_version
    form = form_of(client, page_of(moves))
    form.fill({"release": other.pk})

    assert send(client, page_of(moves), form).status_code == 302
    assert (measured(release), measured(other)) == (QUIET, LOUD)
    assert Track.objects.get(pk=stays.pk).record_version > before


def test_a_track_is_added_and_deleted_on_its_own_page(client, release, quiet, loud):
    on(release, quiet, 1)
    form = form_of(client, "/admin/catalog/track/add/")
    form.fill({"release": release.pk, "recording": loud.pk, "disc": 1, "number": 2})
    assert send(client, "/admin/catalog/track/add/", form).status_code == 302
    assert measured(release) == BOTH

    client.post(f"/admin/catalog/track/{loud.tracks.get().pk}/delete/", {"post": "yes"})
    assert measured(release) == QUIET


def test_tracks_are_deleted_in_the_list(client, release, other, quiet, loud):
    on(release, quiet, 1)
    gone = [on(release, loud, 2).pk, on(other, loud, 1).pk]

    client.post("/admin/catalog/track/", {"action": "delete_selected", "_selected_action": gone, "post": "yes"})

    assert Track.objects.count() == 1
    assert (measured(release), measured(other)) == (QUIET, (None, None))


def test_a_table_brings_moves_and_exchanges_tracks(client, release, other, quiet, loud):
    Release.objects.filter(pk=release.pk).update(upc="0036000291452")
    Recording.objects.filter(pk=loud.pk).update(isrc="QZBBT2600001")
    on(release, quiet, 1)
    row = {"release": "0036000291452", "number": "2", "recording": "QZBBT2600001"}

    imported(client, "track", table(row))
    assert measured(release) == BOTH

    imported(client, "track", table({"uid": loud.tracks.get().uid, "release": str(other.uid), "number": "1"}))
    assert (measured(release), measured(other)) == (QUIET, LOUD)


@pytest.mark.parametrize("rows", [1, 3])
def test_releases_are_measured_in_as_many_queries(django_assert_num_queries, label, loud, rows):
    for _ in range(rows):
        TrackFactory(release=ReleaseFactory(label=label), recording=loud, ready=False)

    # A savepoint and its end, the rows, their tracks, one UPDATE.
    with django_assert_num_queries(5):
        assert len(services.measure_releases(Release.objects.all())) == rows


def test_a_known_recording_joins_a_draft_by_an_upload(label, release, quiet, loud):
    on(release, quiet, 1)
    masters = [waiting(label), waiting(label)]
    decisions = [
        Decision(master_id=master.pk, use=Use.KEEP, recording_id=loud.pk, number=number)
        for number, master in enumerate(masters, start=2)
    ]

    assign_files(label=label, decisions=decisions[:1], release=release)
    made = assign_files(label=label, decisions=decisions[1:], release=NewRelease("Fresh", ("Mira Solano",)))

    assert (measured(release), measured(made.release)) == (BOTH, LOUD)
