"""Import and export by the pages of the admin: dry run, confirmation, good tables and bad ones."""

import csv
import io
import time
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.bulk import base
from catalog.bulk.admin import Kept
from catalog.music.models import Artist, Membership, Recording, Release, Track
from catalog.rights.models import RightsChange
from tests.factories import (
    ArtistFactory,
    GenreFactory,
    LabelFactory,
    RecordingFactory,
    ReleaseFactory,
    TrackFactory,
    UserFactory,
)

CSV, XLSX = "0", "1"


@pytest.fixture
def client(staff_as, editor):
    return staff_as(editor)


@pytest.fixture
def label(db):
    return LabelFactory(name="Night Bus")


@pytest.fixture
def mira(label):
    return ArtistFactory(name="Mira Solano", label=label)


def table(*rows):
    """CSV of dicts; the columns are those of the first."""
    made = io.StringIO()
    writer = csv.DictWriter(made, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue().encode()


def preview(client, model, body, kind=CSV):
    name = "table.csv" if kind == CSV else "table.xlsx"
    sent = {"import_file": SimpleUploadedFile(name, body), "format": kind, "resource": "0"}
    return client.post(f"/admin/catalog/{model}/import/", sent)


def confirm(client, model, shown):
    return client.post(f"/admin/catalog/{model}/process_import/", shown.context["confirm_form"].initial)


def imported(client, model, body, kind=CSV):
    shown = preview(client, model, body, kind)
    assert problems(shown) == []
    return confirm(client, model, shown)


def problems(answer):
    """Every complaint of a dry run."""
    result = answer.context.get("result")
    if result is None:
        return [str(error) for errors in answer.context["form"].errors.values() for error in errors]
    found = [str(error.error) for error in result.base_errors]
    found += [
        f"{row.number}: {field}: {text}"
        for row in result.invalid_rows
        for field, texts in row.error_dict.items()
        for text in texts
    ]
    return found + [f"{row.number}: {row.errors[0].error}" for row in result.error_rows]


def exported(client, model, kind=CSV, query=""):
    answer = client.post(f"/admin/catalog/{model}/export/{query}", {"format": kind, "resource": "0"})
    assert answer.status_code == 200
    if kind == CSV:
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


SONG = {"isrc": "QZBBT2600001", "title": "Song", "label": "Night Bus", "artists": "Mira Solano", "explicit": "yes"}


# --- What is imported ------------------------------------------------------------------------------------------------


def test_a_dry_run_shows_what_would_change_and_writes_nothing(client, label, mira):
    known = RecordingFactory(isrc="QZBBT2600002", title="<i>Old</i>", label=label, by=[mira])

    shown = preview(client, "recording", table(SONG, {**SONG, "isrc": known.isrc, "title": "New"}))

    page = shown.content.decode()
    assert "<del>&lt;i&gt;Old&lt;/i&gt;</del> <ins>New</ins>" in page
    assert shown.context["result"].totals["new"] == 1
    assert shown.context["result"].totals["update"] == 1
    assert Recording.objects.get().title == "<i>Old</i>"


def test_recordings_are_added_with_their_credits(client, label, mira, editor):
    nova = ArtistFactory(name="Nova")

    answer = imported(client, "recording", table({**SONG, "featured": str(nova.uid)}))

    assert answer.status_code == 302
    recording = Recording.objects.get()
    assert (recording.isrc, recording.title, recording.label, recording.kind) == (
        "QZBBT2600001",
        "Song",
        label,
        "audio",
    )
    assert recording.explicit
    assert list(recording.credits.values_list("artist__name", "role")) == [
        ("Mira Solano", "main"),
        ("Nova", "featured"),
    ]
    assert LogEntry.objects.get().object_id == str(recording.pk)


def test_a_recording_is_found_by_its_isrc_and_a_missing_column_changes_nothing(client, label, mira):
    track = TrackFactory(recording=RecordingFactory(isrc="QZBBT2600001", label=label, by=[mira], version_title="Live"))
    before = track.record_version

    imported(client, "recording", table({"isrc": "qz-bbt-26-00001", "title": "Better"}))

    recording = Recording.objects.get()
    assert (recording.title, recording.version_title, recording.revision) == ("Better", "Live", 2)
    assert [artist.pk for artist in recording.artists.all()] == [mira.pk]
    track.refresh_from_db()
    assert track.record_version > before


def test_importing_the_same_table_again_changes_nothing(client, label, mira):
    imported(client, "recording", table(SONG))
    before = Recording.objects.values().get()

    shown = preview(client, "recording", table(SONG))

    assert shown.context["result"].totals["skip"] == 1
    confirm(client, "recording", shown)
    assert Recording.objects.values().get() == before


def test_releases_are_added_as_drafts_and_found_by_their_upc(client, label, mira):
    GenreFactory(name="Ambient", slug="ambient")
    row = {
        "upc": "0036000291452", "title": "Lanterns", "label": "Night Bus", "artists": "Mira Solano",
        "released_on": "2027-01-15", "kind": "EP", "genres": "ambient", "language": "pt-BR",
    }  # fmt: skip
    imported(client, "release", table(row))

    release = Release.objects.get()
    assert (release.kind, release.language, release.announced_at) == ("ep", "pt-BR", None)
    assert [genre.name for genre in release.genres.all()] == ["Ambient"]
    assert [artist.pk for artist in release.artists.all()] == [mira.pk]

    imported(client, "release", table({"upc": row["upc"], "announced_at": "2026-12-24T10:00:00Z"}))

    release.refresh_from_db()
    assert release.announced_at == datetime(2026, 12, 24, 10, tzinfo=UTC)
    assert release.genres.count() == 1
    change = RightsChange.objects.get()
    assert (change.thing_uid, change.before[0]["announced_at"]) == (release.uid, None)
    assert change.after[0]["announced_at"].startswith("2026-12-24T10:00:00")


def test_artists_are_added_once_with_their_other_names(client, label):
    row = {"name": "坂本龍一", "label": "Night Bus", "aliases": "Ryuichi Sakamoto; 教授", "native_name": "坂本龍一"}

    for _ in range(2):
        imported(client, "artist", table(row))

    artist = Artist.objects.get()
    assert (artist.label, sorted(artist.aliases.values_list("name", flat=True))) == (
        label,
        ["Ryuichi Sakamoto", "教授"],
    )


def test_tracks_change_places_with_each_other(client, label):
    release = ReleaseFactory(label=label, upc="0036000291452")
    first, second = (TrackFactory(release=release, number=number) for number in (1, 2))

    imported(client, "track", table({"uid": first.uid, "number": "2"}, {"uid": second.uid, "number": "1"}))

    assert [track.pk for track in release.tracks.all()] == [second.pk, first.pk]
    first.refresh_from_db()
    assert first.record_version > 1


def test_tracks_are_added_by_upc_and_isrc(client, label):
    ReleaseFactory(label=label, upc="0036000291452")
    recording = RecordingFactory(label=label, isrc="QZBBT2600001")

    imported(client, "track", table({"release": "0036000291452", "number": "3", "recording": "QZBBT2600001"}))

    track = Track.objects.get()
    assert (track.recording, track.disc, track.number) == (recording, 1, 3)


def test_a_workbook_is_read_like_a_table(client, label, mira):
    book = openpyxl.Workbook()
    book.active.append(["isrc", "title", "label", "artists", "explicit"])
    book.active.append(["QZBBT2600001", 1979, "Night Bus", "Mira Solano", True])
    body = io.BytesIO()
    book.save(body)

    imported(client, "recording", body.getvalue(), XLSX)

    recording = Recording.objects.get()
    assert (recording.title, recording.explicit) == ("1979", True)


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"isrc": "QZBBT26"}, "1: isrc: An ISRC has twelve characters"),
        ({"title": ""}, "1: title: This is needed."),
        ({"title": "x" * 201}, "1: title: Ensure this value has at most 200 characters"),
        ({"label": "Nobody’s"}, "1: label: There is no label “Nobody’s” that you may use."),
        ({"artists": "Nobody"}, "1: artists: There is no artist “Nobody” that you may use."),
        ({"artists": "Twin"}, "1: artists: There are several artists “Twin”: write the uid instead."),
        ({"artists": "Mira Solano; mira solano"}, "1: artists: An artist stands twice."),
        ({"explicit": "perhaps"}, "1: explicit: Write yes or no."),
        ({"kind": "smell"}, "1: kind: Value 'smell' is not a valid choice."),
        ({"uid": "x"}, "1: uid: There is no row with this uid that you may change."),
        ({"colour": "red"}, "There is no column “colour”."),
    ],
)
def test_a_wrong_cell_is_named_with_its_row_and_nothing_is_written(client, label, mira, change, complaint):
    ArtistFactory(name="Twin"), ArtistFactory(name="Twin")

    answer = preview(client, "recording", table({**SONG, **change}))

    assert any(found.startswith(complaint) for found in problems(answer)), problems(answer)
    assert "confirm_form" not in answer.context
    assert not Recording.objects.exists()


def test_all_that_is_wrong_is_said_at_once(client, label, mira):
    answer = preview(
        client, "recording", table({**SONG, "title": "", "explicit": "x"}, {**SONG, "isrc": "", "label": "x"})
    )

    assert [found.partition(": ")[0] for found in problems(answer)] == ["1", "1", "2"]


def test_one_isrc_twice_in_a_table_is_refused(client, label, mira):
    assert problems(preview(client, "recording", table(SONG, {**SONG, "isrc": "QZ-BBT-26-00001"}))) == [
        "2: isrc: Row 1 has this isrc too."
    ]


def test_a_place_that_is_taken_is_named(client, label):
    release = ReleaseFactory(label=label, title="Lanterns")
    TrackFactory(release=release, number=1)
    moved = TrackFactory(release=release, number=2)

    answer = preview(client, "track", table({"uid": moved.uid, "number": "1"}))

    assert problems(answer) == ["Row 1: track 1 of disc 1 is taken on “Lanterns”."]


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"isrc,title\n", b"isrc,isrc\nA,B\n", b"a\x00,b\n1,2\n", b'isrc\n"']
)
def test_what_is_no_table_is_refused(client, label, body):
    answer = preview(client, "recording", body)

    assert answer.status_code == 200
    assert problems(answer)


def test_what_is_no_workbook_is_refused(client, label):
    assert problems(preview(client, "recording", b"isrc,title\nA,B\n", XLSX))


def test_a_workbook_that_unfolds_into_gigabytes_is_not_opened(client, label):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(60_000_000))

    assert "ValueError" in problems(preview(client, "recording", body.getvalue(), XLSX))[0]


def test_a_file_above_the_limit_is_refused_before_it_is_read(client, label):
    refused = preview(client, "recording", b"x" * 1_100_000)

    assert refused.status_code == 413
    assert refused["Content-Type"].startswith("text/html")
    page = refused.content.decode()
    assert "A form with its files may have 1.0\xa0MB in all" in page
    assert "Split a table for import into several files" in page
    assert 'href="/admin/catalog/recording/import/"' in page
    assert "frame-ancestors 'none'" in refused["Content-Security-Policy"]


def test_too_many_rows_are_refused(client, label, mira, monkeypatch):
    monkeypatch.setattr(base, "MAX_ROWS", 2)

    assert problems(preview(client, "recording", table(SONG, SONG, SONG))) == [
        "The file has 3 rows; at most 2 are taken. Split it."
    ]


def test_what_was_taken_between_preview_and_confirmation_is_said(client, label, mira):
    shown = preview(client, "recording", table(SONG))
    theirs = RecordingFactory(isrc=SONG["isrc"])
    Recording.objects.filter(pk=theirs.pk).update(isrc="QZBBT2600077")
    mira.delete()

    answer = confirm(client, "recording", shown)

    assert answer.url.endswith("/recording/import/")
    assert "Nothing was imported. Row 1:" in client.get(answer.url).content.decode()
    assert Recording.objects.count() == 1


def test_a_file_that_the_cache_lost_is_asked_for_again(client, label, mira):
    shown = preview(client, "recording", table(SONG))
    cache.clear()

    answer = confirm(client, "recording", shown)

    assert "no longer kept" in client.get(answer.url).content.decode()
    assert Kept.CACHE_LIFETIME == 3_600


# --- What is exported ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_what_was_exported_can_be_imported_and_changes_nothing(client, label, mira, kind):
    release = ReleaseFactory(label=label, by=[mira], title="=1+1")
    TrackFactory(
        release=release, recording=RecordingFactory(label=label, by=[mira], title="@home", isrc="QZBBT2600001")
    )

    for model in ("artist", "release", "recording", "track"):
        answer = client.post(f"/admin/catalog/{model}/export/", {"format": kind, "resource": "0"})
        shown = preview(client, model, answer.content, kind)

        assert problems(shown) == []
        assert set(shown.context["result"].totals.items()) >= {("skip", shown.context["result"].total_rows), ("new", 0)}


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_no_cell_of_an_export_is_a_formula(client, label, kind):
    for title in ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)"):
        RecordingFactory(label=label, title=title)

    titles = {row["title"] for row in exported(client, "recording", kind)}

    assert titles == {"'=HYPERLINK(1)", "'+1", "'-1", "'@SUM(A1)"}


def test_an_export_holds_what_the_list_was_filtered_for(client, label):
    RecordingFactory(label=label, title="A"), RecordingFactory(label=label, title="B", explicit=True)

    assert [row["title"] for row in exported(client, "recording", query="?explicit__exact=1")] == ["B"]


def test_an_export_of_too_many_rows_asks_for_a_filter(client, label, monkeypatch):
    monkeypatch.setattr("catalog.bulk.admin.MAX_EXPORTED", 1)
    RecordingFactory(label=label), RecordingFactory(label=label)

    answer = client.post("/admin/catalog/recording/export/", {"format": CSV, "resource": "0"})

    assert answer.status_code == 302


@pytest.mark.parametrize("rows", [1, 3])
def test_an_export_costs_the_same_with_any_number_of_rows(client, label, django_assert_num_queries, rows):
    release = ReleaseFactory(label=label)
    for number in range(rows):
        TrackFactory(release=release, recording=RecordingFactory(label=label), number=number + 1)
    exported(client, "recording")

    with django_assert_num_queries(9):
        exported(client, "recording")


# --- Who, and how much -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_staff", [False, True])
@pytest.mark.parametrize("model", ["artist", "release", "recording", "track"])
def test_who_may_not_edit_the_catalogue_gets_no_table(staff_as, db, model, is_staff):
    client = staff_as(UserFactory(is_staff=is_staff))

    for address in ("import", "export"):
        assert client.get(f"/admin/catalog/{model}/{address}/").status_code in (302, 403)
        assert client.post(f"/admin/catalog/{model}/{address}/", {"format": CSV}).status_code in (302, 403)
    assert client.post(f"/admin/catalog/{model}/process_import/", {}).status_code in (302, 403)


def test_a_row_that_is_not_ones_own_is_neither_changed_nor_added(staff_as, label_editor, mira):
    label, client = LabelFactory(name="Night Bus Two"), staff_as(label_editor)
    known = RecordingFactory(isrc="QZBBT2600002", label=label)
    track = TrackFactory(release=ReleaseFactory(label=label))

    song = {**SONG, "label": label.name}
    answer = preview(client, "recording", table(song, {**song, "isrc": known.isrc}))
    assert set(problems(answer)) == {
        "1: label: There is no label “Night Bus Two” that you may use.",
        "2: isrc: This ISRC is registered already. Check it for a typing error; if it is right, an editor can help.",
    }
    answer = preview(client, "track", table({"uid": track.uid, "number": "7"}))
    assert problems(answer) == ["1: uid: There is no track with this uid that you may change."]


def test_label_staff_import_no_ads(staff_as, label_editor, client):
    label = Membership.objects.get(user=label_editor).label
    ArtistFactory(name="Own Artist", label=label)
    row = {**SONG, "label": label.name, "artists": "Own Artist", "kind": "ad"}

    assert problems(preview(staff_as(label_editor), "recording", table(row))) == ["1: kind: Write audio or video."]
    assert problems(preview(client, "recording", table(row))) == []


def test_five_thousand_rows_are_imported_in_few_queries_and_little_time(client, label, mira):
    rows = [{**SONG, "isrc": f"QZBBT26{number:05}", "title": f"Song {number}"} for number in range(5_000)]
    body = table(*rows)

    begun = time.monotonic()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        shown = preview(client, "recording", body)
    assert problems(shown) == []
    with CaptureQueriesContext(connection) as confirmed:
        confirm(client, "recording", shown)

    assert Recording.objects.count() == 5_000
    assert len(captured) < 50
    assert len(confirmed) < 50
    assert time.monotonic() - begun < 60
