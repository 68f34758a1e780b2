"""Several people at one playlist at the same moment, and one that is made private while others read it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection
from rest_framework.test import APIClient

from catalog.playlists import services
from catalog.playlists.models import PlaylistEntry
from tests.factories import TrackFactory, viewer_of_user

AT_ONCE = 8


def all_at_once(work):
    """What each of eight threads answered, given its number."""

    def alone(number):
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(alone, range(AT_ONCE)))


@pytest.fixture
def viewer(transactional_db, bob):
    return viewer_of_user(bob)


@pytest.fixture
def playlist(viewer):
    return services.create_playlist(viewer=viewer, name="Ours", visibility="public")


@pytest.fixture
def tracks(viewer):
    return [TrackFactory().uid for _ in range(3)]


def add(viewer, playlist, tracks, revisions):
    return services.add_tracks(
        viewer=viewer, uid=playlist.uid, tracks=tracks, before=None, skip_present=False, revisions=revisions
    )


def test_of_edits_for_one_revision_one_is_taken(viewer, playlist, tracks):
    def edit(number):
        try:
            return add(viewer, playlist, tracks, frozenset({1})).revision
        except services.RevisionOutdated as refused:
            return refused.playlist.revision

    answers = all_at_once(edit)

    playlist.refresh_from_db()
    assert answers == [2] * AT_ONCE
    assert playlist.revision == 2
    assert playlist.entries.count() == len(tracks)


def test_of_edits_for_any_revision_each_is_taken_whole(viewer, playlist, tracks):
    added = all_at_once(lambda number: add(viewer, playlist, tracks, None))

    playlist.refresh_from_db()
    order = list(playlist.entries.order_by("rank").values_list("uid", flat=True))
    assert playlist.revision == 1 + AT_ONCE
    assert sorted(answer.revision for answer in added) == list(range(2, 2 + AT_ONCE))
    # What one edit put in stands together, in the order of the revisions.
    in_turn = sorted(added, key=lambda answer: answer.revision)
    assert order == [entry.uid for answer in in_turn for entry, _ in answer.entries]


def test_moves_and_removals_at_once_lose_and_double_nothing(viewer, playlist, tracks):
    entries = [entry.uid for _ in range(AT_ONCE) for entry, _ in add(viewer, playlist, tracks, None).entries]

    def edit(number):
        mine = entries[number * 3 : number * 3 + 3]
        keys = {"viewer": viewer, "uid": playlist.uid, "revisions": None}
        services.move_entries(entries=mine[:2], before=entries[0] if number else None, **keys)
        services.remove_entries(entries=mine[2:], **keys)

    all_at_once(edit)

    left = list(PlaylistEntry.objects.order_by("rank").values_list("uid", flat=True))
    assert len(left) == 2 * AT_ONCE
    assert set(left) == {uid for place, uid in enumerate(entries) if place % 3 != 2}


def test_from_the_moment_it_is_private_nobody_else_sees_it(viewer, playlist, tracks, api_as, bob, charlie):
    """Watchers ask again and again with the tags that they were given. Whoever asks after the change gets a 404."""
    add(viewer, playlist, tracks, None)
    owner, others = api_as(bob), [api_as(charlie) if number % 2 else APIClient() for number in range(AT_ONCE)]
    page = f"/api/v1/playlists/{playlist.uid}"
    done = Event()

    def watch(number):
        if number == 0:
            return change()
        client, tags, seen = others[number], {}, set()
        while not done.is_set():
            for address in (page, f"{page}/entries"):
                answer = client.get(address, headers={"If-None-Match": tags.get(address, '"none"')})
                tags[address] = answer.headers.get("ETag", '"none"')
                seen.add(answer.status_code)
        return seen

    def change():
        found, askers = [], [APIClient(), api_as(charlie)]
        try:
            for visibility, expected in [("private", 404), ("public", 200)] * 4:
                assert owner.patch(page, {"visibility": visibility}, "json").status_code == 200
                found += [
                    (expected, client.get(address).status_code)
                    for client in askers
                    for address in (page, f"{page}/entries")
                ]
        finally:
            done.set()
        return {(expected, status) for expected, status in found if expected != status}

    changed, *watched = all_at_once(watch)

    assert changed == set()
    assert set().union(*watched) <= {200, 304, 404}
    assert {200, 404} <= set().union(*watched)
