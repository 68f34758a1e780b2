import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from accounts.privacy.registry import sections
from accounts.privacy.services import erase_user
from catalog.library.models import Saved
from catalog.library.services import save_things
from catalog.playlists.models import Playlist
from catalog.rights.models import Rule
from catalog.rights.services import open_takedown, restore_takedown
from streaming.lib import clock
from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory, TrackFactory, publish_cover, viewer_of_user

LIBRARY = "/api/v1/me/library"


def of(*things):
    return f"{LIBRARY}?uids={','.join(str(getattr(thing, 'uid', thing)) for thing in things)}"


def listed(client, query=""):
    """The uids of the things, in the order of the list."""
    rows = client.get(f"{LIBRARY}{query}").json()["results"]
    return [row[row["type"]]["uid"] for row in rows]


def uids(*things):
    return [str(thing.uid) for thing in things]


def full_track():
    artist = ArtistFactory()
    track = TrackFactory(recording=RecordingFactory(by=[artist]), release=ReleaseFactory(by=[artist]))
    publish_cover(track.release)
    return track, track.release, artist


@pytest.fixture
def mine(api_as, bob):
    return api_as(bob)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_with_one_and_three_rows(mine, django_assert_num_queries, rows):
    for _ in range(rows):
        mine.put(of(*full_track(), Playlist.objects.create(name="Fresh", visibility="public")))

    # the rows; tracks, their credits; releases, their credits and genres; artists; playlists
    with django_assert_num_queries(8):
        answer = mine.get("/api/v1/me/library")

    assert len(answer.json()["results"]) == 4 * rows


def test_things_of_all_types_are_saved_in_one_call_and_listed_the_last_one_first(mine):
    track, release, artist = full_track()

    answer = mine.put(of(track, artist, release))

    assert answer.status_code == 200
    assert answer.json() == {"saved": uids(track, artist, release), "skipped": []}
    rows = mine.get(LIBRARY).json()["results"]
    assert [(row["type"], row[row["type"]]["uid"]) for row in rows] == [
        ("release", str(release.uid)), ("artist", str(artist.uid)), ("track", str(track.uid)),
    ]  # fmt: skip
    assert rows[0]["track"] is None
    assert rows[0]["release"]["is_playable"] is True
    assert rows[0]["release"]["restriction"] is None


def test_saving_again_changes_neither_place_nor_time(mine):
    first, second = TrackFactory(), TrackFactory()
    with time_machine.travel(clock.now() - timedelta(minutes=5)):
        mine.put(of(first, second))
    before = mine.get(LIBRARY).json()

    again = mine.put(of(first, first))

    assert again.json()["saved"] == uids(first)
    after = mine.get(LIBRARY).json()
    assert [row["saved_at"] for row in after["results"]] == [row["saved_at"] for row in before["results"]]
    assert listed(mine) == uids(second, first)


def test_what_is_removed_is_gone_and_may_be_removed_again(mine):
    track, release, artist = full_track()
    mine.put(of(track, release, artist))

    for _ in range(2):
        assert mine.delete(of(track, artist, uuid.uuid4())).status_code == 204

    assert listed(mine) == uids(release)


def test_what_does_not_exist_for_me_is_skipped_with_the_reason(mine):
    track, draft = TrackFactory(), TrackFactory(release__announced_at=None)
    nothing = uuid.uuid4()

    answer = mine.put(of(track, draft, nothing, draft.release)).json()

    assert answer["saved"] == uids(track)
    assert answer["skipped"] == [
        {"uid": str(uid), "reason": "NOT_FOUND"} for uid in (draft.uid, nothing, draft.release.uid)
    ]
    assert listed(mine) == uids(track)


def test_a_batch_is_asked_what_of_it_is_saved(mine, api_as, alice):
    saved, other = TrackFactory(), TrackFactory()
    mine.put(of(saved))
    api_as(alice).put(of(other))

    answer = mine.get(of(other, saved, saved.release).replace("library?", "library/contains?"))

    assert answer.json()["results"] == [
        {"uid": str(other.uid), "is_saved": False},
        {"uid": str(saved.uid), "is_saved": True},
        {"uid": str(saved.release.uid), "is_saved": False},
    ]


def test_a_list_of_one_type_has_no_other(mine):
    track, release, artist = full_track()
    mine.put(of(track, release, artist))

    assert listed(mine, "?type=artist") == uids(artist)
    assert mine.get(f"{LIBRARY}?type=song").json()["errors"][0]["pointer"] == "/type"


def test_pages_follow_one_another_without_gap_or_repeat(mine):
    tracks = [TrackFactory() for _ in range(5)]
    mine.put(of(*tracks))

    seen, address = [], f"{LIBRARY}?limit=2"
    while address:
        page = mine.get(address).json()
        seen += [row["track"]["uid"] for row in page["results"]]
        address = page["next"]
        mine.put(of(TrackFactory()))

    assert seen == uids(*reversed(tracks))


def test_each_person_sees_their_own_only(mine, api_as, alice, api):
    track = TrackFactory()
    mine.put(of(track))
    hers = api_as(alice)

    hers.delete(of(track))

    assert listed(hers) == []
    assert listed(mine) == uids(track)
    assert api.get(LIBRARY).status_code == 401


@pytest.mark.parametrize("query", ["", "?uids=", "?uids=x", f"?uids={','.join(str(uuid.uuid4()) for _ in range(51))}"])
def test_uids_that_are_none_are_a_400_that_names_them(mine, query):
    for answer in (mine.put(LIBRARY + query), mine.delete(LIBRARY + query), mine.get(f"{LIBRARY}/contains{query}")):
        assert answer.status_code == 400
        assert answer.json()["code"] == "INVALID"
        assert answer.json()["errors"][0]["pointer"] == "/uids"


def test_a_takedown_greys_what_is_saved_and_its_end_brings_it_back_with_its_time(mine):
    track, release, artist = full_track()
    mine.put(of(track, release, artist))
    before = mine.get(LIBRARY).json()["results"]

    case = open_takedown(release=release, reason="dispute", claimant="A label")

    rows = {row["type"]: row for row in mine.get(LIBRARY).json()["results"]}
    assert rows["track"]["track"]["restriction"]["reason"] == "TAKEN_DOWN"
    assert rows["release"]["release"]["restriction"]["reason"] == "TAKEN_DOWN"
    assert rows["release"]["release"]["is_playable"] is False
    assert rows["artist"]["artist"]["uid"] == str(artist.uid)
    restore_takedown(takedown=case)
    assert [row["saved_at"] for row in mine.get(LIBRARY).json()["results"]] == [row["saved_at"] for row in before]
    assert mine.get(LIBRARY).json()["results"][2]["track"]["is_playable"] is True


def test_what_is_over_stays_greyed(mine):
    track = TrackFactory()
    mine.put(of(track, track.release))
    Rule.objects.filter(label=track.release.label).update(ends_at=clock.now() - timedelta(hours=1))

    rows = mine.get(LIBRARY).json()["results"]

    assert [row[row["type"]]["restriction"]["reason"] for row in rows] == ["WINDOW_ENDED", "WINDOW_ENDED"]


def test_a_release_is_playable_while_one_of_its_tracks_is_and_says_until_when(mine):
    over = TrackFactory(number=1)
    lasting = TrackFactory(release=over.release, number=2)
    ends = clock.now() + timedelta(days=3)
    Rule.objects.create(track=over, ends_at=clock.now() - timedelta(days=1))
    Rule.objects.create(track=lasting, ends_at=ends)
    mine.put(of(over.release))

    release = mine.get(LIBRARY).json()["results"][0]["release"]

    assert release["is_playable"] is True
    assert release["available_until"] == ends.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_what_is_not_announced_any_more_is_not_shown_and_comes_back(mine):
    track, release, artist = full_track()
    mine.put(of(track, release, artist))
    announced_at = release.announced_at
    type(release).objects.update(announced_at=clock.now() + timedelta(days=1))

    assert mine.get(LIBRARY).json() == {"results": [], "next": None}
    contains = mine.get(of(track).replace("library?", "library/contains?")).json()["results"]
    assert contains == [{"uid": str(track.uid), "is_saved": False}]
    type(release).objects.update(announced_at=announced_at)
    assert listed(mine) == uids(artist, release, track)


def test_two_at_once_save_each_thing_once(transactional_db, bob):
    tracks = [TrackFactory().uid for _ in range(20)]

    def save(order):
        try:
            return save_things(viewer=viewer_of_user(bob), uids=order)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(save, [tracks, tracks[::-1]] * 8))

    assert Saved.objects.count() == 20
    assert all(len(answer.saved) == 20 for answer in answers)


def test_a_thing_that_is_deleted_goes_from_libraries(mine):
    track = TrackFactory()
    mine.put(of(track))
    track.delete()

    assert listed(mine) == []
    assert Saved.objects.count() == 0


def test_an_export_has_the_library_and_an_erasure_empties_it(mine, bob, api_as, alice):
    track, release, _ = full_track()
    mine.put(of(track, release))
    api_as(alice).put(of(track))

    rows = list(sections()["library"](bob))

    assert [(row["type"], row["uid"]) for row in rows] == [("track", track.uid), ("release", release.uid)]
    erase_user(user=bob)
    assert list(sections()["library"](bob)) == []
    assert len(list(sections()["library"](alice))) == 1


def test_options_is_no_server_error(api_as, bob):
    assert api_as(bob).options("/api/v1/me/library").status_code == 405
