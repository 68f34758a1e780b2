"""The first page of the admin: what waits, for whoever looks."""

from datetime import timedelta

import pytest

from catalog.ingest.models import IngestJob, Master
from catalog.music.models import Membership
from catalog.rights.models import Rule
from catalog.rights.services import open_takedown
from streaming.lib import clock
from tests.factories import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory, UserFactory


def make_everything(label, word):
    track = TrackFactory(
        release=ReleaseFactory(label=label, title=f"{word} album"),
        recording=RecordingFactory(label=label, title=f"{word} song"),
    )
    master = Master.objects.create(
        key=f"{word}-failed", filename="a.wav", size=1, content_type="audio/wav", recording=track.recording
    )
    IngestJob.objects.create(
        master=master, state="failed", finished_at=clock.now(), error_code="CORRUPT", error_message=f"{word} is broken."
    )
    Master.objects.create(
        key=f"{word}-waits", filename=f"{word}.wav", size=1, content_type="audio/wav", label=label,
        uploaded_at=clock.now(),
    )  # fmt: skip
    Rule.objects.create(release=track.release, ends_at=clock.now() + timedelta(days=29))
    Rule.objects.create(track=track, ends_at=clock.now() + timedelta(days=31))
    open_takedown(recording=track.recording, reason="court", claimant=f"{word} court")


def test_an_editor_sees_all_that_waits(editor, staff_as):
    make_everything(LabelFactory(), "Harbour")

    page = staff_as(editor).get("/admin/").content.decode()

    for text in ("Harbour is broken.", "Harbour.wav", "Harbour album", "Court order by Harbour court"):
        assert text in page
    ends = clock.now() + timedelta(days=29)
    assert f"ends on {ends:%d %b %Y}" in page
    assert f"{ends + timedelta(days=2):%d %b %Y}" not in page


def test_where_nothing_waits_the_page_says_so(editor, staff_as):
    page = staff_as(editor).get("/admin/").content.decode()

    for sentence in ("Every file was taken.", "No file waits.", "No rights end soon.", "Nothing is taken down."):
        assert sentence in page


def test_a_failure_that_a_newer_file_answered_waits_no_more(editor, staff_as):
    make_everything(LabelFactory(), "Harbour")
    failed = IngestJob.objects.get(state="failed").master
    assert "Harbour is broken." in staff_as(editor).get("/admin/").content.decode()

    newer = Master.objects.create(
        key="newer", filename="b.wav", size=1, content_type="audio/wav", recording=failed.recording
    )
    assert "Harbour is broken." in staff_as(editor).get("/admin/").content.decode()
    newer.uploaded_at = clock.now()
    newer.save()

    assert "Every file was taken." in staff_as(editor).get("/admin/").content.decode()


def test_label_staff_see_what_waits_for_their_label(label_editor, staff_as):
    make_everything(Membership.objects.get(user=label_editor).label, "Ours")
    make_everything(LabelFactory(), "Theirs")

    page = staff_as(label_editor).get("/admin/").content.decode()

    assert "Ours is broken." in page
    assert "Theirs" not in page


def test_other_staff_see_nothing_of_the_catalogue(db, staff_as):
    make_everything(LabelFactory(), "Harbour")

    page = staff_as(UserFactory(is_staff=True)).get("/admin/").content.decode()

    assert "What waits" not in page
    assert "Harbour" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_with_one_and_three(editor, staff_as, django_assert_num_queries, rows):
    for place in range(rows):
        make_everything(LabelFactory(), f"Thing {place}")
    client = staff_as(editor)
    client.get("/admin/")

    # session, person, permissions, roles; four kinds of what waits; the last actions
    with django_assert_num_queries(9):
        client.get("/admin/")
