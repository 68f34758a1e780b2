"""Recent searches: mine, the newest first, once each, fifty at most."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.privacy.registry import sections
from accounts.privacy.services import erase_user
from catalog.search import recent
from catalog.search.models import RecentSearch
from streaming.lib import clock
from tests.analytics.sending import at_once
from tests.factories import viewer_of_user

SEARCHES = "/api/v1/me/searches"


@pytest.fixture
def mine(api_as, bob):
    return api_as(bob)


def note(client, q, **body):
    answer = client.post(SEARCHES, {"q": q, **body}, "json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def listed(client):
    return [row["q"] for row in client.get(SEARCHES).json()["results"]]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_costs_the_same_with_one_and_three_rows(mine, django_assert_num_queries, rows):
    for number in range(rows):
        note(mine, f"song {number}", opened={"type": "track", "uid": str(uuid.uuid4())})
    with django_assert_num_queries(1):
        assert len(mine.get("/api/v1/me/searches").json()["results"]) == rows


def test_a_search_that_was_used_is_listed_with_what_was_opened(api_as, bob, time_machine):
    time_machine.move_to("2026-12-01T12:00:00Z", tick=False)
    mine = api_as(bob)
    opened = {"type": "artist", "uid": str(uuid.uuid4())}
    noted = note(mine, "Mira  Solano", opened=opened)
    assert mine.get(SEARCHES).json() == {"results": [noted], "next": None}
    uid = noted.pop("uid")
    assert uuid.UUID(uid).version == 7
    assert noted == {"q": "Mira  Solano", "opened": opened, "used_at": "2026-12-01T12:00:00.000000Z"}
    assert note(mine, "nothing opened")["opened"] is None


@pytest.mark.parametrize("again", ["late tram", "LATE  tram ", " Late\tTram", "ｌａｔｅ ｔｒａｍ"])
def test_the_same_words_are_one_search_that_moves_to_the_top(mine, again):
    opened = {"type": "release", "uid": str(uuid.uuid4())}
    first = note(mine, "Late Tram", opened=opened)
    note(mine, "harbour")
    second = note(mine, again)
    assert listed(mine) == [again.strip(), "harbour"]
    # What was opened before is still known.
    assert (second["uid"], second["opened"]) == (first["uid"], opened)
    assert note(mine, again, opened={**opened, "type": "track"})["opened"]["type"] == "track"


def test_fifty_are_kept(mine, bob):
    for number in range(52):
        note(mine, f"song {number}")
    assert RecentSearch.objects.count() == 50
    first = mine.get(f"{SEARCHES}?limit=30").json()
    second = mine.get(first["next"]).json()
    names = [row["q"] for row in first["results"] + second["results"]]
    assert (names, second["next"]) == ([f"song {number}" for number in range(51, 1, -1)], None)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_leave_fifty_and_each_once(bob):
    viewer = viewer_of_user(bob)

    def use(prefix):
        for number in range(20):
            recent.note_search(viewer=viewer, q=f"{prefix} {number}", opened=None)

    at_once(*(lambda prefix=prefix: use(prefix) for prefix in ("one", "two", "three", "one")))
    names = list(RecentSearch.objects.values_list("normalised", flat=True))
    assert len(names) == len(set(names)) == 50


def test_one_and_all_are_forgotten_and_nobody_elses(mine, api_as, charlie):
    stranger = api_as(charlie)
    theirs = note(stranger, "theirs")
    one, _ = note(mine, "one"), note(mine, "two")
    assert mine.delete(f"{SEARCHES}/{one['uid']}").status_code == 204
    assert listed(mine) == ["two"]
    # The same for what never was, is no more, or is somebody else's.
    for uid in (one["uid"], theirs["uid"], uuid.uuid4()):
        assert mine.delete(f"{SEARCHES}/{uid}").status_code == 204
    assert mine.delete(SEARCHES).status_code == 204
    assert (listed(mine), listed(stranger)) == ([], ["theirs"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/q"),
        ({"q": ""}, "/q"),
        ({"q": " \u3000 "}, "/q"),
        ({"q": "x" * 201}, "/q"),
        ({"q": "x\0y"}, "/q"),
        ({"q": ["x"]}, "/q"),
        ({"q": "x", "opened": {"type": "genre", "uid": str(uuid.uuid4())}}, "/opened/type"),
        ({"q": "x", "opened": {"type": "track", "uid": "x"}}, "/opened/uid"),
        ({"q": "x", "opened": {"type": "track"}}, "/opened/uid"),
    ],
)
def test_what_is_no_search_is_refused_by_name(mine, body, pointer):
    answer = mine.post(SEARCHES, body, "json")
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (400, [pointer])
    assert not RecentSearch.objects.exists()


def test_a_character_that_becomes_many_fits(mine):
    """The longest one becomes eighteen."""
    note(mine, "\ufdfa" * 200)
    assert listed(mine) == ["\ufdfa" * 200]


def test_odd_addresses_are_refused(mine):
    assert mine.delete(f"{SEARCHES}/x").status_code == 400
    assert mine.get(f"{SEARCHES}?cursor=x").status_code == 400


def test_half_of_what_was_opened_is_not_stored(bob):
    with pytest.raises(IntegrityError, match="recent_search_opened_whole"), transaction.atomic():
        RecentSearch.objects.create(user=bob, q="x", normalised="x", opened_type="track")


def test_they_are_in_the_export_and_go_with_the_account(mine, bob, charlie, api_as, time_machine):
    note(api_as(charlie), "theirs")
    time_machine.move_to(clock.now() + timedelta(minutes=1), tick=False)
    uid = uuid.uuid4()
    note(mine, "Late Tram", opened={"type": "track", "uid": str(uid)})
    assert list(sections()["searches"](bob)) == [
        {"q": "Late Tram", "used_at": clock.now(), "opened_type": "track", "opened_uid": uid}
    ]
    erase_user(user=bob)
    assert list(RecentSearch.objects.values_list("q", flat=True)) == ["theirs"]
