"""Editorial playlists in the admin: made, ordered and made public by editors; listeners' own are not there."""

import re
from functools import partial

import pytest
from django.contrib.auth.models import Group

from catalog.music.scope import EDITING
from catalog.playlists.admin import MOST
from catalog.playlists.models import Playlist
from tests.analytics.sending import at_once
from tests.catalog.music.forms import form_of, in_page, send
from tests.factories import PlaylistFactory, RecordingFactory, TrackFactory, UserFactory

LIST = "/admin/catalog/playlist/"


@pytest.fixture
def first(staff_as, editor):
    return staff_as(editor)


@pytest.fixture
def second(staff_as, editor):
    user = UserFactory(email="editor2@example.com", display_name="Erin", is_staff=True)
    user.groups.add(Group.objects.get(name="catalogue editors"))
    return staff_as(user)


@pytest.fixture
def playlist(db):
    return PlaylistFactory(name="Late trams", tracks=[song(title) for title in ("One", "Two", "Three")])


def song(title):
    return TrackFactory(recording=RecordingFactory(title=title))


def address(playlist):
    return f"{LIST}{playlist.pk}/change/"


def titles(playlist):
    return list(playlist.entries.order_by("rank").values_list("track__recording__title", flat=True))


def words(answer):
    return answer.content.decode().replace("&#x27;", "'").replace("&amp;", "&")


def numbered(form, *numbers):
    form.fill({f"entries-{row}-number": number for row, number in enumerate(numbers)})
    return form


# --- Making and ordering ---------------------------------------------------------------------------------------------
def test_an_editor_makes_one_and_listeners_find_it_once_it_is_public(first, api):
    track = song("One")
    form = form_of(first, f"{LIST}add/")
    form.fill({"name": "Monday", "description": "For the week", "visibility": "private"})
    form.add_rows("entries", [{"number": "", "track": track.pk}])
    assert send(first, f"{LIST}add/", form).status_code == 302
    made = Playlist.objects.get()
    assert (made.owner, made.description, titles(made)) == (None, "For the week", ["One"])
    assert api.get("/api/v1/playlists").json()["results"] == []
    assert api.get(f"/api/v1/playlists/{made.uid}").status_code == 404

    form = form_of(first, address(made))
    form.fill({"visibility": "public", "name": "Monday morning"})
    assert send(first, address(made), form).status_code == 302
    [row] = api.get("/api/v1/playlists").json()["results"]
    assert (row["name"], row["owner"], row["entry_count"], row["revision"]) == ("Monday morning", None, 1, 2)


def test_rows_are_ordered_by_their_numbers_and_the_revision_is_raised_once(first, playlist):
    form = numbered(form_of(first, address(playlist)), 3, 1, 2)
    form.fill({"name": "Early trams"})
    entries = set(playlist.entries.values_list("uid", flat=True))
    before = Playlist.objects.get().updated_at
    assert send(first, address(playlist), form).status_code == 302

    assert titles(playlist) == ["Two", "Three", "One"]
    assert set(playlist.entries.values_list("uid", flat=True)) == entries
    kept = Playlist.objects.get()
    assert (kept.revision, kept.name) == (2, "Early trams")
    assert kept.updated_at > before


def test_of_two_with_one_number_the_one_that_was_moved_comes_first(first, playlist):
    send(first, address(playlist), numbered(form_of(first, address(playlist)), 1, 2, 1))
    assert titles(playlist) == ["Three", "One", "Two"]


def test_tracks_are_added_in_the_middle_and_at_the_end_and_taken_off(first, playlist):
    form = form_of(first, address(playlist))
    form.fill({"entries-0-DELETE": True})
    form.add_rows("entries", [{"number": "", "track": song("Last").pk}, {"number": "2", "track": song("Second").pk}])
    assert send(first, address(playlist), form).status_code == 302
    assert titles(playlist) == ["Second", "Two", "Three", "Last"]


def test_the_track_of_an_entry_stays_what_it_is(first, playlist):
    form = form_of(first, address(playlist))
    form.values["entries-0-track"] = [str(song("Another").pk)]
    form.fill({"name": "Early trams"})
    assert send(first, address(playlist), form).status_code == 302
    assert titles(playlist) == ["One", "Two", "Three"]


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"visibility": "unlisted"}, "visibility"),
        ({"entries-0-number": "0"}, None),
        ({"entries-0-number": "x"}, None),
    ],
)
def test_what_is_not_valid_is_refused_and_nothing_is_saved(first, playlist, changed, refused):
    form = form_of(first, address(playlist))
    form.fill({"description": "Typed"})
    form.values.update({name: [value] for name, value in changed.items()})
    answer = send(first, address(playlist), form)
    assert answer.status_code == 200
    assert refused is None or refused in answer.context["adminform"].form.errors
    assert (Playlist.objects.get().description, Playlist.objects.get().revision) == ("", 1)


def test_a_playlist_in_the_admin_has_so_many_rows_at_most(first, playlist):
    form = form_of(first, address(playlist))
    track = song("Again")
    form.add_rows("entries", [{"number": "", "track": track.pk} for _ in range(MOST - 2)])
    refused = send(first, address(playlist), form)
    assert refused.status_code == 200
    assert f"at most {MOST}" in words(refused)
    assert playlist.entries.count() == 3


def test_a_page_costs_the_same_with_one_and_three_rows(first, django_assert_num_queries):
    for tracks in ([song("One")], [song("One"), song("Two"), song("Three")]):
        playlist = PlaylistFactory(tracks=tracks)
        first.get(address(playlist))
        # Who asks and what they may do, the playlist, and what is on it with the names.
        with django_assert_num_queries(6):
            first.get(address(playlist))


def test_it_is_deleted_with_what_is_on_it(first, playlist, api):
    page = first.get(f"{LIST}{playlist.pk}/delete/")
    assert "Late trams" in words(page)
    assert first.post(f"{LIST}{playlist.pk}/delete/", {"post": "yes"}).status_code == 302
    assert api.get(f"/api/v1/playlists/{playlist.uid}").status_code == 404


# --- Two at once -----------------------------------------------------------------------------------------------------
def test_the_second_editor_sees_what_changed_and_keeps_what_was_typed(first, second, playlist):
    page = address(playlist)
    mine, theirs = form_of(second, page), numbered(form_of(first, page), 3, 1, 2)
    theirs.fill({"name": "Last trams", "entries-1-DELETE": True})
    theirs.add_rows("entries", [{"number": "", "track": song("Theirs").pk}])
    assert send(first, page, theirs).status_code == 302
    assert titles(playlist) == ["Three", "One", "Theirs"]

    numbered(mine, 2, 3, 1)
    mine.fill({"description": "Mine"})
    refused = send(second, page, mine)
    assert refused.status_code == 200
    said = words(refused)
    assert "Edith changed this at" in said
    assert "Name is now “Last trams”." in said
    assert re.search(r"Deleted playlist entry “[0-9.]+ Two”", said)
    assert titles(playlist) == ["Three", "One", "Theirs"]

    again = in_page(refused)
    assert again.values["description"] == ["Mine"]
    assert send(second, page, again).status_code == 302
    # In my order, with what they took off as a new row, and what they added where it was.
    assert titles(playlist) == ["Three", "One", "Theirs", "Two"]
    assert Playlist.objects.get().revision == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_waits_and_then_sees_the_other(first, second, playlist):
    page = address(playlist)
    forms = [
        (client, numbered(form_of(client, page), *order)) for client, order in ((first, (3, 2, 1)), (second, (2, 3, 1)))
    ]
    answers = at_once(*(partial(send, client, page, form) for client, form in forms))

    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert "Nothing is saved yet" in words(next(answer for answer in answers if answer.status_code == 200))
    assert Playlist.objects.get().revision == 2
    assert titles(playlist) in (["Three", "Two", "One"], ["Three", "One", "Two"])


# --- Whose they are --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("visibility", ["private", "unlisted", "public"])
def test_listeners_own_playlists_are_not_there(first, bob, visibility):
    theirs = PlaylistFactory(owner=bob, name="Zebra crossing", visibility=visibility, tracks=[song("One")])
    for query in ("", "?q=zebra", f"?q={theirs.uid}", f"?id__exact={theirs.pk}", f"?owner__id__exact={bob.pk}"):
        assert "Zebra crossing" not in words(first.get(LIST + query))
    for part in ("change/", "delete/", "history/"):
        assert first.get(f"{LIST}{theirs.pk}/{part}").status_code == 302
        assert first.post(f"{LIST}{theirs.pk}/{part}", {"post": "yes", "name": "Mine"}).status_code in (302, 405)
    actions = {"action": "delete_selected", "_selected_action": [theirs.pk], "post": "yes"}
    first.post(LIST, actions)
    theirs.refresh_from_db()
    assert theirs.name == "Zebra crossing"


@pytest.mark.parametrize("role", EDITING)
def test_label_staff_have_no_access(staff_as, label_editor, playlist, role):
    client = staff_as(label_editor)
    for path in (
        LIST,
        f"{LIST}add/",
        address(playlist),
        f"{LIST}{playlist.pk}/delete/",
        f"{LIST}{playlist.pk}/history/",
    ):
        assert client.get(path).status_code == 403
        assert client.post(path, {"post": "yes", "name": "Mine"}).status_code in (403, 405)
    assert "/admin/catalog/playlist/" not in words(client.get("/admin/"))
    assert Playlist.objects.get().name == "Late trams"


def test_editors_see_the_newest_first_and_search_by_name(first):
    for name in ("Early", "Later"):
        PlaylistFactory(name=name, tracks=[song("One"), song("Two")])
    shown = words(first.get(LIST))
    assert shown.index("Later") < shown.index("Early")
    assert "Early" not in words(first.get(f"{LIST}?q=later"))
