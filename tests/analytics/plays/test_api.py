from datetime import datetime, timedelta

import pytest

from analytics.plays.models import ListenerNumber, Play
from analytics.plays.services import make_partitions
from streaming.lib import clock
from tests.analytics.sending import as_json, sent_play, ticket_for

PLAYS = "/api/v1/plays"


def send(client, *rows):
    return client.post(PLAYS, {"plays": list(rows)}, format="json")


def pointers(response):
    return [error["pointer"] for error in response.json()["errors"]]


def test_a_play_is_sent_and_sent_again(api_as, bob, track):
    client = api_as(bob)
    ticket = ticket_for(bob, track)
    row = as_json(sent_play(ticket))
    first, second = send(client, row), send(client, row)
    assert first.status_code == second.status_code == 200
    assert first.json() == {"plays": [{"play_id": str(ticket.play_id), "status": "accepted", "reason": None}]}
    assert second.json() == {"plays": [{"play_id": str(ticket.play_id), "status": "duplicate", "reason": None}]}


def test_the_answer_has_a_row_for_each_play_in_the_order_sent(api_as, bob, charlie, track):
    good, long, foreign = ticket_for(bob, track), ticket_for(bob, track), ticket_for(charlie, track)
    late = ticket_for(bob, track, issued_at=clock.now() - timedelta(days=61))
    plays = [
        as_json(sent_play(foreign)),
        as_json(sent_play(good)),
        as_json(sent_play(good), ticket="nonsense"),
        as_json(sent_play(long, listened_ms=3_600_000)),
        as_json(sent_play(late)),
        as_json(sent_play(good)),
    ]
    answer = send(api_as(bob), *plays)
    assert answer.status_code == 200
    assert [(row["play_id"], row["status"], row["reason"]) for row in answer.json()["plays"]] == [
        (None, "rejected", "NOT_YOURS"),
        (str(good.play_id), "accepted", None),
        (None, "rejected", "BAD_TICKET"),
        (str(long.play_id), "rejected", "LISTENED_TOO_LONG"),
        (str(late.play_id), "rejected", "TOO_LATE"),
        (str(good.play_id), "duplicate", None),
    ]


def test_the_listeners_own_date_survives_the_request(api_as, bob, track, time_machine):
    time_machine.move_to("2026-11-25T16:00:00Z", tick=False)
    row = as_json(
        sent_play(ticket_for(bob, track)),
        started_at="2026-11-26T00:55:00+09:00",
        ended_at="2026-11-26T00:55:31+09:00",
    )
    assert send(api_as(bob), row).json()["plays"][0]["status"] == "accepted"
    assert [str(day) for day in Play.objects.values_list("listened_on", "counted_on").get()] == [
        "2026-11-26",
        "2026-11-25",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("listened_ms", -1),
        ("listened_ms", "soon"),
        ("listened_ms", None),
        ("listened_ms", 1.5),
        ("listened_ms", True),
        ("listened_ms", 2**31),
        ("listened_ms", 10**30),
        ("started_at", "yesterday"),
        ("started_at", "2026-11-25T12:00:00"),
        ("started_at", "2026-11-25"),
        ("started_at", "0001-01-01T00:00:00+14:00"),
        ("started_at", "9999-12-31T23:59:59-14:00"),
        ("started_at", 1764072000),
        ("ended_at", None),
        ("ended_at", ["2026-11-25T12:00:00Z"]),
        ("ticket", ""),
        ("ticket", None),
        ("ticket", {"a": 1}),
        ("ticket", "a\0b"),
        ("ticket", "x" * 4097),
    ],
)
def test_a_malformed_row_is_pointed_at_and_nothing_is_kept(api_as, bob, track, field, value):
    good = as_json(sent_play(ticket_for(bob, track)))
    answer = send(api_as(bob), good, good, good, {**good, field: value})
    assert answer.status_code == 400
    assert answer.json()["code"] == "INVALID"
    assert pointers(answer) == [f"/plays/3/{field}"]
    assert not Play.objects.exists()


@pytest.mark.parametrize("field", ["ticket", "listened_ms", "started_at", "ended_at"])
def test_a_missing_field_is_pointed_at(api_as, bob, track, field):
    row = as_json(sent_play(ticket_for(bob, track)))
    del row[field]
    answer = send(api_as(bob), row)
    assert (answer.status_code, pointers(answer)) == (400, [f"/plays/0/{field}"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/plays"),
        ({"plays": []}, "/plays"),
        ({"plays": None}, "/plays"),
        ({"plays": "all"}, "/plays"),
        ({"plays": {"0": {}}}, "/plays"),
        ({"plays": ["one"]}, "/plays/0"),
        ([], ""),
    ],
)
def test_a_body_of_another_shape_is_refused(api_as, bob, body, pointer):
    answer = api_as(bob).post(PLAYS, body, format="json")
    assert (answer.status_code, pointers(answer)) == (400, [pointer])


def test_a_body_that_is_not_json_is_refused(api_as, bob):
    answer = api_as(bob).post(PLAYS, b'{"plays": [', content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_BODY")


def test_five_hundred_plays_are_taken_and_one_more_is_refused(api_as, bob, track):
    client = api_as(bob)
    rows = [as_json(sent_play(ticket_for(bob, track))) for _ in range(501)]
    refused = send(client, *rows)
    assert (refused.status_code, pointers(refused)) == (400, ["/plays"])
    assert not Play.objects.exists()
    taken = send(client, *rows[:500])
    assert taken.status_code == 200
    assert {row["status"] for row in taken.json()["plays"]} == {"accepted"}
    assert Play.objects.count() == 500


@pytest.mark.parametrize("rows", [1, 3])
def test_one_play_costs_as_many_queries_as_three(api_as, bob, track, rows, django_assert_num_queries):
    client = api_as(bob)
    ListenerNumber.objects.create(user=bob)
    make_partitions(at=clock.now())
    client.get("/api/v1/me")
    plays = [as_json(sent_play(ticket_for(bob, track))) for _ in range(rows)]
    with django_assert_num_queries(9):
        assert send(client, *plays).status_code == 200


def test_plays_are_taken_while_redis_is_down(redis_server, api_as, bob, track):
    client = api_as(bob)
    redis_server.stop()
    answer = send(client, as_json(sent_play(ticket_for(bob, track))))
    assert (answer.status_code, answer.json()["plays"][0]["status"]) == (200, "accepted")


def test_nobody_may_send_plays(api, bob, track):
    answer = send(api, as_json(sent_play(ticket_for(bob, track))))
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")
    assert not Play.objects.exists()


def test_plays_can_only_be_sent(api_as, bob):
    assert api_as(bob).get(PLAYS).status_code == 405


@pytest.mark.parametrize("at", ["2026-01-01T00:00:00+16:00", "2026-01-01T00:00:00-23:59", "0001-01-01T00:00:00-23:59"])
def test_any_utc_offset_is_taken(api_as, bob, track, at):
    play = as_json(sent_play(ticket_for(bob, track)), started_at=at, ended_at=at)

    response = send(api_as(bob), play)

    assert response.json()["plays"][0]["status"] == "accepted"
    assert Play.objects.get().started_at == datetime.fromisoformat(at)
