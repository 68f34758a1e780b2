"""Each list in the admin of the catalogue costs the same with one row and with three."""

import uuid

import pytest
from django.contrib import admin

from catalog.ingest.models import IngestJob, Master
from catalog.rights.models import RightsChange, Rule, Takedown
from streaming.lib import clock
from tests.factories import (
    ArtistFactory,
    GenreFactory,
    LabelFactory,
    PlaylistFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    publish_cover,
)


def release():
    made = ReleaseFactory(by=[ArtistFactory(), ArtistFactory()])
    made.genres.add(GenreFactory())
    publish_cover(made)


def recording():
    TrackFactory(recording=RecordingFactory(by=[ArtistFactory(), ArtistFactory()]))


def master():
    """The upload page lists those that were looked into."""
    return Master.objects.create(
        label=LabelFactory(), key=str(uuid.uuid4()), filename="a.wav", size=1, content_type="audio/wav",
        sha256="0" * 64, uploaded_at=clock.now(), inspected_at=clock.now(), proposals={"isrc": "QZBBT2600001"},
    )  # fmt: skip


def change():
    RightsChange.objects.create(label=LabelFactory(), thing="label", thing_uid=uuid.uuid4(), after=[])


def job():
    IngestJob.objects.create(
        master=Master.objects.create(
            recording=RecordingFactory(), key=str(uuid.uuid4()), filename="a.wav", size=1, content_type="audio/wav"
        )
    )


# What is in such a list, and what it costs: each row has all that a list shows, of things of its own.
LISTS = {
    "artist": (lambda: ArtistFactory(label=LabelFactory()), 5),
    "genre": (GenreFactory, 5),
    "ingestjob": (job, 5),
    "label": (LabelFactory, 5),
    "master": (master, 9),
    "playlist": (lambda: PlaylistFactory(tracks=[TrackFactory()]), 5),
    "recording": (recording, 7),
    "release": (release, 9),
    "rightschange": (change, 5),
    "rule": (lambda: Rule.objects.create(release=ReleaseFactory()), 5),
    "takedown": (lambda: Takedown.objects.create(recording=RecordingFactory(), reason="court", claimant="A"), 5),
    "track": (TrackFactory, 7),
}


def test_each_list_is_here():
    registered = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "catalog"}

    assert registered == set(LISTS)


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_with_one_and_three_rows(name, rows, staff_as, editor, django_assert_num_queries):
    build, queries = LISTS[name]
    client = staff_as(editor)
    address = f"/admin/catalog/{name}/"
    for _ in range(rows):
        build()
    # Kinds of content are looked up once by a process.
    client.get(address)

    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
