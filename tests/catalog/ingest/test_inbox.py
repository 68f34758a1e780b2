"""The upload page: proposals, duplicates, and what an editor makes of the files. Nothing is published by it."""

from itertools import count

import pytest
import requests
from django.conf import settings

from catalog.ingest.assignment import Decision, NewRelease, Use, assign_files
from catalog.ingest.inspection import inspect_master
from catalog.ingest.models import Asset, IngestJob, Master
from catalog.ingest.services import run_ingest
from catalog.ingest.uploads import complete_parts, sign_part, start_parts
from catalog.music.models import Artist, Recording, Release, Track
from streaming.lib import clock, storage
from streaming.lib.errors import Code, DomainError
from tests.catalog.ingest.media import tone
from tests.factories import ArtistFactory, LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory, UserFactory

PAGE = "/admin/catalog/master/"
numbers = count()


@pytest.fixture
def label(db):
    return LabelFactory(name="Night Bus")


@pytest.fixture
def client(staff_as, editor):
    return staff_as(editor)


def waiting(label, *, sha256="", filename="song.flac", content_type="audio/flac", **proposals):
    """A file that has arrived and was looked into."""
    proposals = {"title": "Song", "artists": ["Mira Solano"], **proposals}
    return Master.objects.create(
        label=label,
        key=f"inbox/{next(numbers)}",
        filename=filename,
        size=9,
        content_type=content_type,
        sha256=sha256,
        uploaded_at=clock.now(),
        inspected_at=clock.now(),
        proposals=proposals,
    )


def form_of(client, *masters, **changes):
    """What a browser sends for the group of these files; `changes` by field, or by file number and field."""
    groups = client.get(PAGE).context["groups"]
    group = next(group for group in groups if {form.master.pk for form in group.files} >= {one.pk for one in masters})
    data = {"group": group.release.prefix, "master": [str(form.master.uid) for form in group.files]}
    for form in [*group.files, group.release]:
        for bound in form:
            value = bound.value()
            if value not in (None, False):
                data[bound.html_name] = value
    for name, value in changes.items():
        place, _, field = name.rpartition("__")
        prefix = group.files[int(place[1:])].prefix if place else group.release.prefix
        data[f"{prefix}-{field}"] = value
    return {name: value for name, value in data.items() if value is not None}


def send(client, *masters, **changes):
    return client.post(PAGE, form_of(client, *masters, **changes))


def errors(answer):
    group = answer.context["groups"][0]
    return {name: list(found) for form in [*group.files, group.release] for name, found in form.errors.items()}


# --- From files to a draft -------------------------------------------------------------------------------------------


def test_files_become_recordings_with_credits_and_their_ingest_begins(client, label, editor):
    master = waiting(label, title="Night bus", artists=["Mira Solano", "The Lanterns"], isrc="QZBBT2600001")

    answer = send(client, master, f0__featured="Nova; Kite", f0__version_title="Live", f0__explicit="on")

    assert answer.status_code == 302
    recording = Recording.objects.get()
    assert (recording.title, recording.version_title, recording.isrc) == ("Night bus", "Live", "QZBBT2600001")
    assert (recording.label, recording.kind, recording.explicit, recording.ready_at) == (label, "audio", True, None)
    assert list(recording.credits.values_list("artist__name", "role", "position")) == [
        ("Mira Solano", "main", 0),
        ("The Lanterns", "main", 1),
        ("Nova", "featured", 2),
        ("Kite", "featured", 3),
    ]
    master.refresh_from_db()
    assert (master.recording, master.label) == (recording, None)
    assert IngestJob.objects.get().master == master
    assert not Track.objects.exists()
    assert client.get(PAGE).context["groups"] == []


def test_an_album_becomes_a_draft_that_nobody_sees(client, label):
    second = waiting(label, title="Two", album="Lanterns", number=2, upc="0036000291452")
    first = waiting(label, title="One", album="Lanterns", number=1, upc="0036000291452")
    waiting(label, title="Loose")

    answer = send(client, first, second)

    assert answer.status_code == 302
    release = Release.objects.get()
    assert (release.title, release.upc, release.announced_at, release.kind) == (
        "Lanterns",
        "0036000291452",
        None,
        "single",
    )
    assert [artist.name for artist in release.artists.all()] == ["Mira Solano"]
    assert list(release.tracks.values_list("disc", "number", "recording__title")) == [(1, 1, "One"), (1, 2, "Two")]
    assert Artist.objects.count() == 1
    assert [group.album for group in client.get(PAGE).context["groups"]] == [""]


def test_files_without_numbers_come_after_the_last_track_of_a_chosen_draft(client, label):
    draft = ReleaseFactory(label=label, announced_at=None)
    TrackFactory(release=draft, number=4)
    masters = [waiting(label, title=f"Song {number}") for number in range(2)]

    send(client, *masters, release=str(draft.pk))

    assert list(draft.tracks.values_list("number", flat=True)) == [4, 5, 6]
    assert all(track.record_version > 1 for track in draft.tracks.all())


def test_the_artwork_in_the_tags_becomes_the_cover(client, label):
    key = f"{label.uid}/artwork"
    storage.client().put_object(Bucket=settings.R2_MASTERS_BUCKET, Key=key, Body=b"jpeg")
    master = waiting(label, album="A", artwork={"key": key, "content_type": "image/jpeg", "size": 4})

    send(client, master)

    cover = Master.objects.get(release=Release.objects.get())
    assert (cover.key, cover.size, cover.content_type) == (key, 4, "image/jpeg")
    assert cover.job.state == "waiting"


def test_without_the_tick_the_artwork_is_left(client, label):
    master = waiting(label, album="A", artwork={"key": "x", "content_type": "image/jpeg", "size": 4})

    send(client, master, cover=None)

    assert not Master.objects.filter(release__isnull=False).exists()


def test_a_row_that_is_not_taken_stays_and_need_not_be_right(client, label):
    left, taken = waiting(label, title="", artists=[]), waiting(label)

    assert send(client, left, taken, f0__take=None, f0__isrc="nonsense").status_code == 302
    assert Recording.objects.count() == 1
    assert Master.objects.unassigned().get() == left


def test_a_known_artist_is_found_and_the_labels_own_comes_first(client, label):
    ArtistFactory(name="Mira Solano")
    own = ArtistFactory(name="mira solano", label=label)
    elsewhere = ArtistFactory(name="Nova")

    send(client, waiting(label, artists=["Mira Solano", "Nova", "Kite"]))

    assert list(Recording.objects.get().credits.values_list("artist_id", flat=True)[:2]) == [own.pk, elsewhere.pk]
    assert Artist.objects.get(name="Kite").label == label


def test_label_staff_do_not_credit_another_labels_artist_whom_they_cannot_see(staff_as, label_editor, label):
    hidden = ArtistFactory(name="Nova", label=LabelFactory())
    shown = ArtistFactory(name="Kite", label=LabelFactory())
    TrackFactory(recording=RecordingFactory(by=[shown]))

    send(staff_as(label_editor), waiting(label, artists=["Nova", "Kite"]))

    credited = [credit.artist for credit in Recording.objects.get(label=label).credits.select_related("artist")]
    assert (credited[0] != hidden, credited[0].name, credited[0].label) == (True, "Nova", label)
    assert credited[1] == shown


def test_a_film_is_proposed_as_a_video(client, label):
    send(client, waiting(label, content_type="video/quicktime"))

    assert Recording.objects.get().kind == "video"


# --- Duplicates ------------------------------------------------------------------------------------------------------


@pytest.fixture
def known(label):
    recording = RecordingFactory(title="Known", isrc="QZBBT2600001", label=label)
    Master.objects.create(
        recording=recording, key="known", filename="a", size=1, content_type="a/b", sha256="a" * 64,
        uploaded_at=clock.now(),
    )  # fmt: skip
    return recording


def shown(client):
    return [form.warnings for group in client.get(PAGE).context["groups"] for form in group.files]


def test_the_same_file_and_the_same_isrc_are_shown_before_anything_is_made(client, label, known):
    waiting(label, sha256="a" * 64)
    waiting(label, isrc="QZBBT2600001")
    waiting(label, sha256="b" * 64, filename="first.flac")
    waiting(label, sha256="b" * 64, filename="second.flac")

    assert shown(client) == [
        ["The same file as “Known”."],
        ["This ISRC is already on “Known”: use that recording, or correct the ISRC."],
        ["The same file as the upload “second.flac”."],
        ["The same file as the upload “first.flac”."],
    ]


def test_an_isrc_that_is_taken_makes_no_second_recording(client, label, known):
    answer = send(client, waiting(label), f0__isrc="qz-bbt-26-00001")

    assert errors(answer) == {"isrc": ["This ISRC is already on “Known”. Use that one, or correct the ISRC."]}
    assert Recording.objects.count() == 1
    assert "keep:" in str(answer.context["groups"][0].files[0]["use"])


def test_one_isrc_twice_in_the_same_form_is_refused(client, label):
    masters = [waiting(label, isrc="QZBBT2600009") for _ in range(2)]

    assert errors(send(client, *masters)) == {"isrc": ["Another of these files has this ISRC."]}


def test_an_existing_recording_gets_the_track_and_the_file_goes(client, label, known):
    master = waiting(label, isrc="QZBBT2600001", album="Best of", number=1)

    answer = send(client, master, f0__use=f"keep:{known.pk}", f0__title="", f0__artists="")

    assert answer.status_code == 302
    assert Track.objects.get().recording == known
    assert Recording.objects.count() == 1
    assert not Master.objects.filter(pk=master.pk).exists()
    assert not IngestJob.objects.exists()


def test_the_artwork_of_a_file_that_goes_stays_where_it_is_the_cover(client, label, known, tmp_path):
    master = waiting(label, isrc="QZBBT2600001", album="Best of", number=1)
    master.key = f"{master.uid}/original"
    picture = {"key": f"{master.uid}/artwork", "content_type": "image/png", "size": 5}
    master.proposals |= {"artwork": picture}
    master.save()
    (tmp_path / "file").write_bytes(b"bytes")
    for key in (master.key, picture["key"]):
        storage.upload(bucket=settings.R2_MASTERS_BUCKET, key=key, path=tmp_path / "file", content_type="image/png")

    assert send(client, master, f0__use=f"keep:{known.pk}", f0__title="", f0__artists="").status_code == 302

    cover = Release.objects.get().masters.get()
    assert storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=cover.key) == 5
    with pytest.raises(storage.NoSuchObject):
        storage.size_of(bucket=settings.R2_MASTERS_BUCKET, key=master.key)


def test_an_existing_recording_gets_new_audio_and_keeps_its_id(client, label, known):
    track = TrackFactory(recording=known)
    master = waiting(label, isrc="QZBBT2600001")

    send(client, master, f0__use=f"replace:{known.pk}")

    master.refresh_from_db()
    assert master.recording == known
    assert IngestJob.objects.get(master=master).state == "waiting"
    assert Track.objects.get().pk == track.pk


def test_replaced_audio_keeps_the_ids_and_what_hangs_on_them(client, transactional_db, tmp_path):
    label = LabelFactory()
    track = TrackFactory(release=ReleaseFactory(label=label), recording__isrc="QZBBT2600001", recording__label=label)
    old = Asset.objects.current().get()
    before = (track.uid, track.recording.uid, track.recording.ready_at)
    path = tone(tmp_path / "new.wav", 3)
    master = start_parts(filename=path.name, size_bytes=path.stat().st_size, content_type="audio/wav", label=label)
    answer = requests.put(sign_part(master=master, number=1), data=path.read_bytes(), timeout=20)
    complete_parts(master=master, etags={1: answer.headers["ETag"]})
    inspect_master(master_id=master.pk)

    send(client, master, f0__isrc="QZBBT2600001", f0__use=f"replace:{track.recording_id}")
    run_ingest(job_id=IngestJob.objects.get(master=master).pk)

    track = Track.objects.get()
    assert (track.uid, track.recording.uid, track.recording.ready_at) == before
    assert track.recording.duration_ms == 3_000
    current = Asset.objects.current().filter(recording=track.recording, quality="standard")
    assert [asset.job.master for asset in current] == [master]
    old.refresh_from_db()
    assert old.replaced_at is not None
    panel = client.get(f"/admin/catalog/recording/{track.recording_id}/change/").content.decode()
    assert "keeps its id, its counts" in panel


def test_a_recording_that_was_not_offered_can_not_be_named(client, label):
    other = RecordingFactory()

    answer = send(client, waiting(label), f0__use=f"replace:{other.pk}")

    assert "use" in errors(answer)
    assert not IngestJob.objects.exists()


# --- What is wrong is said, and nothing is half made ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"f0__title": ""}, "title"),
        ({"f0__artists": " ; "}, "artists"),
        ({"f0__artists": "x" * 161}, "artists"),
        ({"f0__isrc": "QZBBT26"}, "isrc"),
        ({"f0__number": "0"}, "number"),
        ({"f0__disc": "100"}, "disc"),
        ({"f0__kind": "ad"}, "kind"),
        ({"release": "new", "release_title": ""}, "release_title"),
        ({"release": "new", "release_title": "A", "release_artists": ""}, "release_artists"),
        ({"release": "new", "release_title": "A", "upc": "123"}, "upc"),
        ({"release": "99999999"}, "release"),
    ],
)
def test_what_is_wrong_is_marked_and_nothing_is_made(client, label, changes, field):
    answer = send(client, waiting(label), **changes)

    assert answer.status_code == 200
    assert field in errors(answer)
    assert not Recording.objects.exists()


def test_a_place_that_is_taken_is_marked(client, label):
    draft = ReleaseFactory(label=label, announced_at=None)
    TrackFactory(release=draft, number=1)
    masters = [waiting(label, number=number) for number in (1, 2, 2)]

    answer = send(client, *masters, release=str(draft.pk))

    found = [list(form.errors.values()) for form in answer.context["groups"][0].files]
    assert found == [[["Track 1 of disc 1 is taken."]], [], [["Track 2 of disc 1 is taken."]]]


def test_an_announced_release_is_not_offered(client, label):
    waiting(label)
    ReleaseFactory(label=label, title="Out already")
    ReleaseFactory(announced_at=None, title="Another label’s")

    page = client.get(PAGE).content.decode()

    assert "Out already" not in page
    assert "Another label’s" not in page


def test_nothing_ticked_is_said(client, label):
    answer = send(client, waiting(label), f0__take=None)

    assert answer.context["groups"][0].problem == "Tick the files to take."


def test_a_form_that_was_sent_twice_makes_one_recording(client, label):
    data = form_of(client, waiting(label))

    assert [client.post(PAGE, data).status_code for _ in range(2)] == [302, 302]
    assert Recording.objects.count() == 1
    assert "are no longer here" in client.get(PAGE).content.decode()


def test_a_file_that_was_removed_while_the_form_was_open_is_said(client, label):
    masters = [waiting(label) for _ in range(2)]
    data = form_of(client, *masters)
    masters[0].delete()

    answer = client.post(PAGE, data)

    assert "no longer here" in answer.context["groups"][0].problem
    assert not Recording.objects.exists()


def test_somebody_who_was_faster_is_told(label, editor):
    master = waiting(label)
    decision = Decision(master_id=master.pk, title="A", artists=("B",))
    assign_files(label=label, decisions=[decision], created_by=editor)

    with pytest.raises(DomainError) as error:
        assign_files(label=label, decisions=[decision], created_by=editor)

    assert error.value.code == Code.CONFLICT
    assert Recording.objects.count() == 1


def test_an_isrc_that_was_taken_this_moment_leaves_nothing_half_made(label, known):
    masters = [waiting(label) for _ in range(2)]
    decisions = [
        Decision(master_id=masters[0].pk, title="A", artists=("New artist",)),
        Decision(master_id=masters[1].pk, title="B", artists=("New artist",), isrc="QZBBT2600001"),
    ]

    with pytest.raises(DomainError) as error:
        assign_files(label=label, decisions=decisions, release=NewRelease("R", ("New artist",)))

    assert error.value.code == Code.CONFLICT
    assert not Release.objects.exists()
    assert not Artist.objects.filter(name="New artist").exists()
    assert Master.objects.unassigned().count() == 2


def test_files_of_another_label_are_not_made_into_ones_own(label):
    theirs = waiting(LabelFactory())

    with pytest.raises(DomainError):
        assign_files(label=label, decisions=[Decision(master_id=theirs.pk, title="A", artists=("B",))])


def test_a_draft_that_was_announced_meanwhile_gets_no_track(label):
    release = ReleaseFactory(label=label)
    decision = Decision(master_id=waiting(label).pk, use=Use.NEW, title="A", artists=("B",))

    with pytest.raises(DomainError, match="announced meanwhile"):
        assign_files(label=label, decisions=[decision], release=release)


# --- Who, and how much -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_staff", [False, True])
def test_who_may_not_see_masters_sees_no_page(staff_as, label, is_staff):
    waiting(label)
    client = staff_as(UserFactory(is_staff=is_staff))

    assert client.get(PAGE).status_code in (302, 403)
    assert client.post(PAGE, {}).status_code in (302, 403)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_with_any_number_of_files(client, label, known, django_assert_num_queries, rows):
    for number in range(rows):
        waiting(label, sha256="a" * 64, isrc="QZBBT2600001", album="A", number=number + 1)
    client.get(PAGE)

    with django_assert_num_queries(9):
        client.get(PAGE)


def test_right_to_left_names_and_markup_are_shown_as_they_are(client, label):
    waiting(label, title="<b>ليل</b> 👨‍👩‍👧", filename="<img src=x>.flac")

    page = client.get(PAGE).content.decode()

    assert "&lt;b&gt;ليل&lt;/b&gt; 👨‍👩‍👧" in page
    assert "<img src=x>" not in page
