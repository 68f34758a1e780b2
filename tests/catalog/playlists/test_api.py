import uuid
from datetime import timedelta

import pytest

from accounts.privacy.registry import sections
from accounts.privacy.services import erase_user
from catalog.playlists import services
from catalog.playlists.models import Playlist, PlaylistEntry
from catalog.rights.models import Rule
from catalog.rights.services import open_takedown, restore_takedown
from streaming.lib import clock
from tests.factories import TrackFactory, publish_cover

PLAYLISTS = "/api/v1/playlists"


def create(client, **body):
    answer = client.post(PLAYLISTS, {"name": "Night drive", **body}, "json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def page(playlist, *parts):
    return "/".join([PLAYLISTS, str(playlist["uid"] if isinstance(playlist, dict) else playlist), *parts])


def add(client, playlist, *tracks, **body):
    uids = [str(getattr(track, "uid", track)) for track in tracks]
    headers = body.pop("headers", {})
    return client.post(page(playlist, "entries"), {"tracks": uids, **body}, "json", headers=headers)


def revision(client, playlist):
    return {"If-Match": f'"{client.get(page(playlist)).json()["revision"]}"'}


def rows(client, playlist, **headers):
    return client.get(page(playlist, "entries"), headers=headers).json()["results"]


def tracks_on(client, playlist, **headers):
    return [row["track"]["uid"] for row in rows(client, playlist, **headers)]


def uids(*tracks):
    return [str(track.uid) for track in tracks]


@pytest.fixture
def mine(api_as, bob):
    return api_as(bob)


@pytest.fixture
def stranger(api_as, charlie):
    return api_as(charlie)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [("/api/v1/playlists", 1), ("/api/v1/me/playlists", 1)])
def test_a_list_costs_the_same_with_one_and_three_rows(mine, bob, django_assert_num_queries, address, queries, number):
    for _ in range(number):
        playlist = create(mine, visibility="public")
        add(mine, playlist, TrackFactory(), TrackFactory())
        if address == PLAYLISTS:
            Playlist.objects.filter(uid=playlist["uid"]).update(owner=None)

    with django_assert_num_queries(queries):
        answer = mine.get(address)

    assert [row["entry_count"] for row in answer.json()["results"]] == [2] * number


@pytest.mark.parametrize("number", [1, 3])
def test_entries_cost_the_same_with_one_and_three_rows(mine, django_assert_num_queries, number):
    playlist = create(mine)
    for _ in range(number):
        track = TrackFactory()
        publish_cover(track.release)
        add(mine, playlist, track)

    # the playlist; its entries, their tracks, their credits
    with django_assert_num_queries(4):
        answer = mine.get(page(playlist, "entries"))

    assert len(answer.json()["results"]) == number


def test_a_new_playlist_is_private_and_mine(mine, bob):
    made = create(mine, description="For the road")

    assert mine.get(page(made)).json() == made
    assert made["visibility"] == "private"
    assert made["owner"] == {"display_name": "Bob"}
    assert made["is_mine"] is True
    assert made["secret"] is None
    assert made["entry_count"] == 0


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": "x", "visibility": "secret"}, {"name": "a\0"}]
)
def test_what_is_no_playlist_is_refused(mine, body):
    answer = mine.post(PLAYLISTS, body, "json")

    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    assert not Playlist.objects.exists()


def everything_of(client, playlist):
    """Each request that could say something of a playlist to somebody else."""
    uid = uuid.uuid4()
    one = {"entries": [str(uid)]}
    matching = {"If-Match": "*"}
    yield client.get(page(playlist))
    yield client.get(page(playlist, "entries"))
    yield client.patch(page(playlist), {"name": "Taken"}, "json")
    yield client.delete(page(playlist))
    yield client.post(page(playlist, "entries"), {"tracks": [str(uid)]}, "json")
    yield client.post(page(playlist, "entries", "move"), one, "json", headers=matching)
    yield client.post(page(playlist, "entries", "remove"), one, "json", headers=matching)
    yield client.post(page(playlist, "secret"))
    yield client.post(page(playlist, "copies"), {}, "json")


def test_anothers_private_playlist_is_404_everywhere_like_none(mine, stranger):
    playlist = create(mine)

    for there, nowhere in zip(
        everything_of(stranger, playlist), everything_of(stranger, str(uuid.uuid4())), strict=True
    ):
        assert there.status_code == 404
        told = [{**answer.json(), "request_id": ""} for answer in (there, nowhere)]
        assert told[0] == told[1]
    assert mine.get(page(playlist)).json()["name"] == "Night drive"


def test_nobody_reads_public_ones_only_and_writes_nothing(mine, api):
    public, private = create(mine, visibility="public"), create(mine)

    assert api.get(page(public)).json()["owner"] == {"display_name": "Bob"}
    assert api.get(page(private)).status_code == 404
    assert api.post(PLAYLISTS, {"name": "x"}, "json").status_code == 401
    assert api.patch(page(public), {"name": "x"}, "json").status_code == 401
    assert api.get("/api/v1/me/playlists").status_code == 401


def test_a_public_playlist_says_no_more_of_its_owner_than_the_display_name(mine, stranger, bob):
    playlist = create(mine, visibility="public")

    body = stranger.get(page(playlist)).content.decode()

    assert stranger.get(page(playlist)).json()["is_mine"] is False
    assert bob.email not in body
    assert str(bob.uid) not in body


def test_anothers_public_playlist_is_changed_by_nobody_else(mine, stranger):
    playlist = create(mine, visibility="public")

    answers = [answer.status_code for answer in everything_of(stranger, playlist)]

    assert answers == [200, 200, 404, 404, 404, 404, 404, 404, 201]


def test_an_unlisted_playlist_opens_by_its_secret_alone(mine, stranger, api):
    playlist = create(mine, visibility="unlisted")
    add(mine, playlist, TrackFactory())
    secret = {"Playlist-Secret": playlist["secret"]}

    assert stranger.get(page(playlist)).status_code == 404
    assert stranger.get(page(playlist), headers={"Playlist-Secret": str(uuid.uuid4())}).status_code == 404
    assert api.get(page(playlist), headers=secret).json()["secret"] is None
    assert len(rows(stranger, playlist, **secret)) == 1
    assert stranger.post(page(playlist, "copies"), {}, "json", headers=secret).json()["entry_count"] == 1
    assert stranger.get(page(playlist), headers={"Playlist-Secret": "x"}).json()["errors"][0]["pointer"] == (
        "/Playlist-Secret"
    )


def test_a_secret_opens_its_own_playlist_only(mine, stranger):
    one, other = create(mine, visibility="unlisted"), create(mine, visibility="unlisted")

    assert stranger.get(page(one), headers={"Playlist-Secret": other["secret"]}).status_code == 404


@pytest.mark.parametrize("how", ["renewed", "private and back"])
def test_a_revoked_secret_opens_nothing(mine, stranger, how):
    playlist = create(mine, visibility="unlisted")
    old = {"Playlist-Secret": playlist["secret"]}
    if how == "renewed":
        now = mine.post(page(playlist, "secret")).json()
    else:
        mine.patch(page(playlist), {"visibility": "private"}, "json")
        assert stranger.get(page(playlist), headers=old).status_code == 404
        now = mine.patch(page(playlist), {"visibility": "unlisted"}, "json").json()

    assert now["secret"] != playlist["secret"]
    assert stranger.get(page(playlist), headers=old).status_code == 404
    assert stranger.get(page(playlist), headers={"Playlist-Secret": now["secret"]}).status_code == 200


def test_only_an_unlisted_playlist_has_a_secret(mine):
    answer = mine.post(page(create(mine, visibility="public"), "secret"))

    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


def test_making_one_private_is_404_for_others_at_once_with_the_tag_of_their_copy_too(mine, stranger, api):
    playlist = create(mine, visibility="public")
    add(mine, playlist, TrackFactory())
    stranger.put(f"/api/v1/me/library?uids={playlist['uid']}")
    for client in (stranger, api):
        for address in (page(playlist), page(playlist, "entries")):
            answer = client.get(address)
            assert "private" in answer["Cache-Control"]
            assert "no-cache" in answer["Cache-Control"]
            assert client.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304

    tags = [stranger.get(address)["ETag"] for address in (page(playlist), page(playlist, "entries"))]
    assert mine.patch(page(playlist), {"visibility": "private"}, "json").status_code == 200

    for client in (stranger, api):
        for address, tag in zip((page(playlist), page(playlist, "entries")), tags, strict=True):
            assert client.get(address).status_code == 404
            assert client.get(address, headers={"If-None-Match": tag}).status_code == 404
    assert stranger.get("/api/v1/me/library").json()["results"] == []
    contains = stranger.get(f"/api/v1/me/library/contains?uids={playlist['uid']}").json()["results"]
    assert contains == [{"uid": playlist["uid"], "is_saved": False}]
    mine.patch(page(playlist), {"visibility": "public"}, "json")
    assert [row["playlist"]["uid"] for row in stranger.get("/api/v1/me/library").json()["results"]] == [playlist["uid"]]


def test_a_list_of_playlists_has_editorial_public_ones_only(mine, api):
    create(mine, visibility="public")
    shown = Playlist.objects.create(name="Fresh", visibility="public")
    Playlist.objects.create(name="Draft")

    answer = api.get(PLAYLISTS).json()["results"]

    assert [row["uid"] for row in answer] == uids(shown)
    assert answer[0]["owner"] is None


def test_the_same_track_twice_is_legal_and_each_entry_is_removed_by_its_own_id(mine):
    playlist, track, other = create(mine), TrackFactory(), TrackFactory()

    added = add(mine, playlist, track, other, track).json()

    assert [one["track"] for one in added["added"]] == uids(track, other, track)
    third = added["added"][2]["uid"]
    answer = mine.post(
        page(playlist, "entries", "remove"), {"entries": [third]}, "json", headers=revision(mine, playlist)
    )
    assert answer.status_code == 200
    assert tracks_on(mine, playlist) == uids(track, other)


def test_tracks_are_inserted_before_an_entry_and_moved(mine):
    playlist, (a, b, c, d) = create(mine), [TrackFactory() for _ in range(4)]
    add(mine, playlist, a, b)
    second = rows(mine, playlist)[1]["uid"]

    add(mine, playlist, c, d, before=second, headers=revision(mine, playlist))
    assert tracks_on(mine, playlist) == uids(a, c, d, b)

    entries = [row["uid"] for row in rows(mine, playlist)]
    moved = mine.post(
        page(playlist, "entries", "move"),
        {"entries": [entries[3], entries[1]], "before": entries[0]},
        "json",
        headers=revision(mine, playlist),
    )
    assert moved.json() == {"revision": mine.get(page(playlist)).json()["revision"]}
    assert tracks_on(mine, playlist) == uids(b, c, a, d)
    mine.post(page(playlist, "entries", "move"), {"entries": [entries[3]]}, "json", headers={"If-Match": moved["ETag"]})
    assert tracks_on(mine, playlist) == uids(c, a, d, b)


def test_an_edit_for_an_old_revision_is_a_412_with_the_current_state(mine):
    playlist, track = create(mine), TrackFactory()
    old = mine.get(page(playlist))["ETag"]
    entry = add(mine, playlist, track).json()["added"][0]["uid"]

    answer = mine.post(page(playlist, "entries", "remove"), {"entries": [entry]}, "json", headers={"If-Match": old})

    assert answer.status_code == 412
    assert answer.json()["code"] == "REVISION_OUTDATED"
    now = mine.get(page(playlist)).json()
    assert answer.json()["current"] == {"playlist": now, "entries": [entry]}
    assert now["entry_count"] == 1
    for refused in (
        mine.patch(page(playlist), {"name": "x"}, "json", headers={"If-Match": old}),
        mine.delete(page(playlist), headers={"If-Match": old}),
        add(mine, playlist, track, before=entry, headers={"If-Match": old}),
    ):
        assert refused.status_code == 412
    assert mine.get(page(playlist)).json() == now


def test_edits_that_depend_on_what_is_there_need_a_revision(mine):
    playlist, track = create(mine), TrackFactory()
    entry = add(mine, playlist, track).json()["added"][0]["uid"]

    for answer in (
        mine.post(page(playlist, "entries", "remove"), {"entries": [entry]}, "json"),
        mine.post(page(playlist, "entries", "move"), {"entries": [entry]}, "json"),
        add(mine, playlist, track, before=entry),
    ):
        assert (answer.status_code, answer.json()["code"]) == (428, "REVISION_MISSING")
    bad = mine.post(page(playlist, "entries", "remove"), {"entries": [entry]}, "json", headers={"If-Match": "x"})
    assert bad.json()["errors"][0]["pointer"] == "/If-Match"


def test_a_bulk_add_says_what_it_left_out_and_why(mine, monkeypatch):
    monkeypatch.setattr(services, "MOST_ENTRIES", 3)
    playlist, (a, b, c, d) = create(mine), [TrackFactory() for _ in range(4)]
    draft, nothing = TrackFactory(release__announced_at=None), uuid.uuid4()
    add(mine, playlist, a)

    answer = add(mine, playlist, a, draft, b, nothing, b, c, d, skip_present=True).json()

    assert [one["track"] for one in answer["added"]] == uids(b, c)
    assert [(one["track"], one["reason"]) for one in answer["skipped"]] == [
        (str(a.uid), "ALREADY_THERE"), (str(draft.uid), "NOT_FOUND"), (str(nothing), "NOT_FOUND"),
        (str(b.uid), "ALREADY_THERE"), (str(d.uid), "FULL"),
    ]  # fmt: skip
    assert tracks_on(mine, playlist) == uids(a, b, c)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/tracks"), ({"tracks": []}, "/tracks"), ({"tracks": ["x"]}, "/tracks/0"),
        ({"tracks": [str(uuid.UUID(int=n)) for n in range(1001)]}, "/tracks"),
        ({"tracks": [str(uuid.uuid4())], "before": "x"}, "/before"),
        ({"tracks": [str(uuid.uuid4())], "before": str(uuid.uuid4())}, "/before"),
    ],
)  # fmt: skip
def test_what_can_not_be_added_is_pointed_at(mine, body, pointer):
    answer = mine.post(page(create(mine), "entries"), body, "json", headers={"If-Match": "*"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_move_of_what_is_not_there_is_refused_whole(mine):
    playlist, other = create(mine), create(mine)
    first, second = (one["uid"] for one in add(mine, playlist, TrackFactory(), TrackFactory()).json()["added"])
    foreign = add(mine, other, TrackFactory()).json()["added"][0]["uid"]

    def move(**body):
        return mine.post(page(playlist, "entries", "move"), body, "json", headers={"If-Match": "*"})

    assert move(entries=[second, foreign], before=first).json()["errors"][0]["pointer"] == "/entries/1"
    assert move(entries=[first], before=foreign).json()["errors"][0]["pointer"] == "/before"
    assert move(entries=[first], before=first).json()["errors"][0]["pointer"] == "/before"
    assert move(entries=[first, first]).json()["errors"][0]["pointer"] == "/entries"
    assert [row["uid"] for row in rows(mine, playlist)] == [first, second]


def test_entries_are_greyed_hidden_and_back_as_their_tracks_are(mine):
    playlist, (taken, over, secret) = create(mine), [TrackFactory() for _ in range(3)]
    add(mine, playlist, taken, secret, over)
    before = rows(mine, playlist)
    case = open_takedown(recording=taken.recording, reason="dispute", claimant="A label")
    Rule.objects.filter(label=over.release.label).update(ends_at=clock.now() - timedelta(hours=1))
    type(secret.release).objects.filter(pk=secret.release_id).update(announced_at=None)

    found = rows(mine, playlist)

    assert [row["track"]["restriction"]["reason"] for row in found] == ["TAKEN_DOWN", "WINDOW_ENDED"]
    assert mine.get(page(playlist)).json()["entry_count"] == 2
    assert str(secret.uid) not in str(found)
    restore_takedown(takedown=case)
    Rule.objects.filter(label=over.release.label).update(ends_at=None)
    type(secret.release).objects.filter(pk=secret.release_id).update(announced_at=secret.release.announced_at)
    assert rows(mine, playlist) == before


def test_pages_of_entries_follow_one_another_without_gap_or_repeat(mine):
    playlist, tracks = create(mine), [TrackFactory() for _ in range(5)]
    add(mine, playlist, *tracks)

    seen, address = [], f"{page(playlist, 'entries')}?limit=2"
    while address:
        answer = mine.get(address).json()
        seen += [row["track"]["uid"] for row in answer["results"]]
        address = answer["next"]

    assert seen == uids(*tracks)


def test_a_copy_is_private_mine_and_goes_its_own_way(mine, stranger):
    playlist, (a, b, c) = create(mine, visibility="public", description="Old"), [TrackFactory() for _ in range(3)]
    add(mine, playlist, a, b, a)

    copy = stranger.post(page(playlist, "copies"), {"name": "My own"}, "json").json()

    assert (copy["name"], copy["description"], copy["visibility"], copy["is_mine"]) == (
        "My own", "Old", "private", True,
    )  # fmt: skip
    add(stranger, copy, c)
    assert tracks_on(stranger, copy) == uids(a, b, a, c)
    assert tracks_on(mine, playlist) == uids(a, b, a)
    assert mine.get(page(copy)).status_code == 404


def test_a_playlist_that_is_deleted_is_gone_for_everybody(mine, stranger):
    playlist = create(mine, visibility="public")
    add(mine, playlist, TrackFactory())
    stranger.put(f"/api/v1/me/library?uids={playlist['uid']}")

    assert mine.delete(page(playlist)).status_code == 204

    assert mine.get(page(playlist)).status_code == stranger.get(page(playlist)).status_code == 404
    assert stranger.get("/api/v1/me/library").json()["results"] == []
    assert PlaylistEntry.objects.count() == 0


def test_there_is_a_most_of_playlists(mine, monkeypatch):
    monkeypatch.setattr(services, "MOST_PLAYLISTS", 2)
    create(mine), create(mine)

    answer = mine.post(PLAYLISTS, {"name": "x"}, "json")

    assert (answer.status_code, answer.json()["code"]) == (409, "TOO_MANY_PLAYLISTS")


def test_an_unlisted_playlist_of_somebody_else_is_not_saved_by_its_uid(mine, stranger):
    playlist = create(mine, visibility="unlisted")

    answer = stranger.put(f"/api/v1/me/library?uids={playlist['uid']}").json()

    assert answer == {"saved": [], "skipped": [{"uid": playlist["uid"], "reason": "NOT_FOUND"}]}
    assert mine.put(f"/api/v1/me/library?uids={playlist['uid']}").json()["saved"] == [playlist["uid"]]


def test_an_export_has_my_playlists_and_an_erasure_takes_them(mine, stranger, bob):
    playlist, track = create(mine, visibility="public"), TrackFactory()
    add(mine, playlist, track)
    create(stranger)

    (row,) = sections()["playlists"](bob)

    assert (row["name"], [entry["track"] for entry in row["entries"]]) == ("Night drive", [track.uid])
    erase_user(user=bob)
    assert Playlist.objects.count() == 1
    assert stranger.get(page(playlist)).status_code == 404
