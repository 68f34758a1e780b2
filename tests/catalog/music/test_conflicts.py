"""Two editors on one release or recording: the second one sees what changed, and loses nothing."""

import pytest
from django.contrib.auth.models import Group

from catalog.music.models import Recording, Release, Track
from tests.catalog.music.forms import form_of, in_page, send
from tests.factories import GenreFactory, RecordingFactory, ReleaseFactory, TrackFactory, UserFactory

UPC = "4006381333931"


@pytest.fixture
def release(db):
    return ReleaseFactory(title="Late Tram")


@pytest.fixture
def first(staff_as, editor):
    return staff_as(editor)


@pytest.fixture
def second(staff_as, editor):
    user = UserFactory(email="editor2@example.com", display_name="Erin", is_staff=True)
    user.groups.add(Group.objects.get(name="catalogue editors"))
    return staff_as(user)


def address(thing):
    return f"/admin/catalog/{thing._meta.model_name}/{thing.pk}/change/"


def words(answer):
    return answer.content.decode().replace("&#x27;", "'").replace("&amp;", "&")


def test_the_second_editor_sees_what_changed_and_keeps_what_was_typed(first, second, release):
    page = address(release)
    mine, theirs = form_of(second, page), form_of(first, page)
    theirs.fill({"title": "Last Tram", "kind": "ep"})
    assert send(first, page, theirs).status_code == 302

    mine.fill({"title": "Late Train", "p_line": "2026 Us"})
    refused = send(second, page, mine)

    assert refused.status_code == 200
    said = words(refused)
    assert "Edith changed this at" in said
    assert "Changed Title and Kind." in said
    assert "Title is now “Last Tram”." in said
    assert "Kind is now “EP”." in said
    assert "Save again to put it in the place of theirs." in said
    release.refresh_from_db()
    assert (release.title, release.p_line) == ("Last Tram", "")
    again = in_page(refused)
    assert (again.values["title"], again.values["p_line"]) == (["Late Train"], ["2026 Us"])

    assert send(second, page, again).status_code == 302
    release.refresh_from_db()
    assert (release.title, release.p_line, release.revision) == ("Late Train", "2026 Us", 3)


def test_a_third_change_meanwhile_is_shown_too(first, second, release):
    page = address(release)
    mine = form_of(second, page)
    for title in ("One", "Two"):
        theirs = form_of(first, page)
        theirs.fill({"title": title})
        send(first, page, theirs)
    mine.fill({"title": "Mine"})
    refused = send(second, page, mine)
    assert words(refused).count("Edith changed this at") == 2

    theirs = form_of(first, page)
    theirs.fill({"title": "Three"})
    send(first, page, theirs)
    refused = send(second, page, in_page(refused))
    assert "Title is now “Three”." in words(refused)

    assert send(second, page, in_page(refused)).status_code == 302
    assert Release.objects.get().title == "Mine"


def test_a_change_of_the_tracks_alone_is_a_change_of_the_release(first, second, release):
    track = TrackFactory(release=release, number=1)
    page = address(release)
    mine, theirs = form_of(second, page), form_of(first, page)
    theirs.fill({"tracks-0-number": 7})
    send(first, page, theirs)

    mine.fill({"title": "Mine"})
    refused = send(second, page, mine)

    assert "Changed Number for track" in words(refused)
    track.refresh_from_db()
    assert track.number == 7


def test_rows_that_the_other_one_removed_are_still_there_as_new_ones(first, second, release):
    for number in (1, 2, 3):
        TrackFactory(release=release, number=number)
    page = address(release)
    mine, theirs = form_of(second, page), form_of(first, page)
    theirs.fill({"tracks-0-DELETE": True, "tracks-1-DELETE": True})
    assert send(first, page, theirs).status_code == 302
    fresh = RecordingFactory()
    mine.fill({"title": "Mine", "tracks-0-number": 11})
    mine.add_rows("tracks", [{"disc": 1, "number": 12, "recording": fresh.pk}])

    refused = send(second, page, mine)
    assert "Deleted track" in words(refused)
    again = in_page(refused)
    assert [again.values[f"tracks-{row}-number"][0] for row in range(4)] == ["3", "11", "2", "12"]
    assert again.values["tracks-INITIAL_FORMS"] == ["1"]
    # What the page's button to remove a new row does.
    again.values["tracks-2-DELETE"] = ["on"]

    assert send(second, page, again).status_code == 302
    assert Release.objects.get().title == "Mine"
    assert list(Track.objects.values_list("number", flat=True)) == [3, 11, 12]


def test_a_place_that_the_other_one_took_meanwhile_is_not_taken_again(first, second, release):
    page = address(release)
    mine, theirs = form_of(second, page), form_of(first, page)
    row = {"disc": 1, "number": 4}
    theirs.add_rows("tracks", [{**row, "recording": RecordingFactory(title="Theirs").pk}])
    assert send(first, page, theirs).status_code == 302
    mine.add_rows("tracks", [{**row, "recording": RecordingFactory(title="Mine").pk}])

    refused = send(second, page, mine)
    refused = send(second, page, in_page(refused))
    assert "Somebody added a row like this one" in words(refused)
    again = in_page(refused)
    again.fill({"tracks-0-number": 5})

    assert send(second, page, again).status_code == 302
    assert list(Track.objects.values_list("number", "recording__title")) == [(4, "Theirs"), (5, "Mine")]


def test_without_a_change_meanwhile_nothing_is_refused(first, second, release):
    page = address(release)
    for client, title in ((first, "One"), (second, "Two"), (first, "Three")):
        form = form_of(client, page)
        form.fill({"title": title})
        assert send(client, page, form).status_code == 302
    assert Release.objects.get().revision == 4


@pytest.mark.parametrize("given", ["", "0", "99", "x", None])
def test_a_revision_that_nobody_saw_is_refused(first, release, given):
    page = address(release)
    form = form_of(first, page)
    form.fill({"title": "Mine", "upc": UPC})
    if given is None:
        del form.values["revision_seen"]
    else:
        form.fill({"revision_seen": given})

    refused = send(first, page, form)

    assert refused.status_code == 200
    release.refresh_from_db()
    assert (release.title, release.revision) == ("Late Tram", 1)
    if given != "x":
        assert send(first, page, in_page(refused)).status_code == 302


def test_recordings_are_guarded_too(first, second, db):
    recording = RecordingFactory(title="Depot")
    page = address(recording)
    mine, theirs = form_of(second, page), form_of(first, page)
    theirs.fill({"title": "Terminus", "explicit": True})
    send(first, page, theirs)
    mine.fill({"version_title": "Live"})

    refused = send(second, page, mine)

    assert "Title is now “Terminus”." in words(refused)
    assert in_page(refused).values["version_title"] == ["Live"]


def test_what_a_worker_measured_meanwhile_stays(first, db):
    recording = RecordingFactory(title="Depot")
    form = form_of(first, address(recording))
    Recording.objects.filter(pk=recording.pk).update(duration_ms=61_000)
    form.fill({"title": "Terminus"})

    assert send(first, address(recording), form).status_code == 302
    assert Recording.objects.get().duration_ms == 61_000


def test_a_new_release_meets_nobody(first, db):
    release = ReleaseFactory()
    form = form_of(first, "/admin/catalog/release/add/")
    form.fill({"label": release.label_id, "title": "Fresh", "credits-0-artist": release.credits.get().artist_id})
    form.fill({"genres": [GenreFactory().pk]})

    assert send(first, "/admin/catalog/release/add/", form).status_code == 302
    assert Release.objects.get(title="Fresh").revision == 1


def test_two_tracks_change_places(first, release):
    one, two = (TrackFactory(release=release, number=number) for number in (1, 2))
    form = form_of(first, address(release))
    form.fill({"tracks-0-number": 2, "tracks-1-number": 1})

    assert send(first, address(release), form).status_code == 302
    assert [Track.objects.get(pk=track.pk).number for track in (one, two)] == [2, 1]


def test_a_track_takes_the_place_of_one_that_goes(first, release):
    _, two = (TrackFactory(release=release, number=number) for number in (1, 2))
    form = form_of(first, address(release))
    form.fill({"tracks-0-DELETE": True, "tracks-1-number": 1})

    assert send(first, address(release), form).status_code == 302
    assert [(track.pk, track.number) for track in Track.objects.all()] == [(two.pk, 1)]


def test_two_tracks_in_one_place_are_refused(first, release):
    for number in (1, 2):
        TrackFactory(release=release, number=number)
    form = form_of(first, address(release))
    form.fill({"tracks-0-number": 2})

    refused = send(first, address(release), form)

    assert refused.status_code == 200
    assert "Please correct the duplicate" in words(refused)
    assert sorted(Track.objects.values_list("number", flat=True)) == [1, 2]
