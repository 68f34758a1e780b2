from datetime import UTC, datetime, timedelta

import pytest

from analytics.totals.models import ArtistDay, TrackDay
from analytics.totals.services import roll_up
from catalog.music.models import Membership, RecordingCredit
from tests.analytics.sending import record, sent_play, ticket_for
from tests.factories import ArtistFactory, RecordingFactory, TrackFactory, UserFactory

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOON.date()


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOON, tick=False)


def dashboard(client, artist, **params):
    return client.get(f"/api/v1/artists/{artist.uid}/dashboard", params)


def count_streams(track, streams, *, ago=0, plays=None):
    TrackDay.objects.create(track_id=track.pk, day=TODAY - timedelta(days=ago), streams=streams, plays=plays or streams)


def test_a_team_sees_its_streams_by_day_against_the_period_before(api_as, artist_member, artist):
    for ago, streams in {0: 3, 6: 4, 7: 5, 13: 6, 14: 100}.items():
        ArtistDay.objects.create(
            artist_id=artist.pk, day=TODAY - timedelta(days=ago), streams=streams, plays=streams + 1
        )
    ArtistDay.objects.create(artist_id=artist.pk + 1, day=TODAY, streams=1000, plays=1000)
    roll_up()
    answer = dashboard(api_as(artist_member), artist, days=7)
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("rule").startswith("A stream is a play of more than 30 seconds")
    assert body == {
        "artist": {"uid": str(artist.uid), "name": "Mira Solano"},
        "days": 7,
        "from": "2026-11-19",
        "to": "2026-11-25",
        "counted_through": "2026-11-25T11:59:50.000000Z",
        "streams": 7,
        "previous_streams": 11,
        "by_day": [
            {"day": "2026-11-19", "streams": 4, "previous_streams": 6},
            {"day": "2026-11-20", "streams": 0, "previous_streams": 0},
            {"day": "2026-11-21", "streams": 0, "previous_streams": 0},
            {"day": "2026-11-22", "streams": 0, "previous_streams": 0},
            {"day": "2026-11-23", "streams": 0, "previous_streams": 0},
            {"day": "2026-11-24", "streams": 0, "previous_streams": 0},
            {"day": "2026-11-25", "streams": 3, "previous_streams": 5},
        ],
        "top_tracks": [],
    }


def test_an_artist_without_streams_has_an_empty_dashboard(api_as, artist_member, artist):
    body = dashboard(api_as(artist_member), artist).json()
    assert (body["days"], body["from"], body["counted_through"]) == (28, "2026-10-29", None)
    assert (body["streams"], body["previous_streams"], body["top_tracks"]) == (0, 0, [])
    assert [day["streams"] for day in body["by_day"]] == [0] * 28


def test_top_tracks_are_the_artists_own_by_streams_in_the_period(api_as, artist_member, artist):
    first, second, silent, old, featuring = [TrackFactory(recording=RecordingFactory(by=[artist])) for _ in range(5)]
    RecordingCredit.objects.filter(recording=featuring.recording).update(role=RecordingCredit.Role.FEATURED)
    count_streams(second, 2)
    count_streams(first, 2)
    count_streams(first, 1, ago=6)
    count_streams(silent, 0, plays=5)
    count_streams(old, 50, ago=7)
    count_streams(featuring, 50)
    count_streams(TrackFactory(), 50)
    tracks = dashboard(api_as(artist_member), artist, days=7).json()["top_tracks"]
    assert tracks == [
        {
            "track": {
                "uid": str(track.uid),
                "title": track.recording.title,
                "kind": "audio",
                "release": {"uid": str(track.release.uid), "title": track.release.title, "artwork": None},
            },
            "streams": streams,
        }
        for track, streams in ((first, 3), (second, 2))
    ]


def test_ten_top_tracks_at_most(api_as, artist_member, artist):
    for streams in range(1, 13):
        count_streams(TrackFactory(recording=RecordingFactory(by=[artist])), streams)
    tracks = dashboard(api_as(artist_member), artist).json()["top_tracks"]
    assert [row["streams"] for row in tracks] == list(range(12, 2, -1))


def test_a_play_that_is_sent_shows_after_the_rollup(api_as, artist_member, artist, bob, track):
    client = api_as(artist_member)
    play = sent_play(ticket_for(bob, track))
    record(bob, play)
    assert dashboard(client, artist).json()["streams"] == 0
    roll_up()
    record(bob, play)
    roll_up()
    body = dashboard(client, artist).json()
    assert (body["streams"], body["by_day"][-1]["streams"], body["top_tracks"][0]["streams"]) == (1, 1, 1)


@pytest.mark.parametrize("rows", [1, 3])
def test_one_row_costs_as_many_queries_as_three(api_as, artist_member, artist, rows, django_assert_num_queries):
    for ago in range(rows):
        ArtistDay.objects.create(artist_id=artist.pk, day=TODAY - timedelta(days=ago), streams=1, plays=1)
        count_streams(TrackFactory(recording=RecordingFactory(by=[artist])), 1)
    client = api_as(artist_member)
    client.get("/api/v1/me")
    # The team, how far it is counted, the days, the ranking, the ranked tracks.
    with django_assert_num_queries(5):
        body = dashboard(client, artist).json()
    assert (body["streams"], len(body["top_tracks"])) == (rows, rows)


def test_a_stranger_and_another_artists_member_find_nothing(api_as, artist, charlie):
    other = UserFactory()
    Membership.objects.create(user=other, artist=ArtistFactory())
    for user in (charlie, other):
        answer = dashboard(api_as(user), artist)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_label_team_is_not_the_artists_team(api_as, artist, charlie, track):
    Membership.objects.create(user=charlie, label=track.release.label)
    assert dashboard(api_as(charlie), artist).status_code == 404


def test_nobody_must_sign_in_first(api, artist):
    answer = dashboard(api, artist)
    assert (answer.status_code, answer.json()["code"]) == (401, "NOT_SIGNED_IN")


@pytest.mark.parametrize("days", ["8", "0", "-7", "", "7.0", "all", "٧"])
def test_other_periods_are_refused(api_as, artist_member, artist, days):
    answer = dashboard(api_as(artist_member), artist, days=days)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/days"]


@pytest.mark.parametrize("days", [7, 28, 90])
def test_the_three_periods_are_as_long_as_they_say(api_as, artist_member, artist, days):
    body = dashboard(api_as(artist_member), artist, days=days).json()
    assert (body["days"], len(body["by_day"])) == (days, days)


def test_a_malformed_uid_is_refused_and_an_unknown_one_is_not_found(api_as, artist_member, bob):
    client = api_as(artist_member)
    assert client.get("/api/v1/artists/nonsense/dashboard").status_code == 400
    assert client.get(f"/api/v1/artists/{bob.uid}/dashboard").status_code == 404


def test_a_dashboard_can_only_be_read(api_as, artist_member, artist):
    assert api_as(artist_member).post(f"/api/v1/artists/{artist.uid}/dashboard").status_code == 405
