from datetime import timedelta

import pytest
from django.test import TestCase

from analytics.charts.cache import OVERVIEW_KEY, snapshot_key
from analytics.charts.models import ChartDecision
from analytics.charts.rules import CHARTS
from analytics.charts.services import make_due
from catalog.music.models import Membership
from catalog.rights.models import Rule
from catalog.rights.services import open_takedown
from streaming.lib import redis
from tests.analytics.charts.listening import LONG_AGO, MONDAY, SUNDAY, hear
from tests.factories import RecordingFactory, TrackFactory, UserFactory


@pytest.fixture(autouse=True)
def on_monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)


@pytest.fixture
def crowd(db):
    return [UserFactory(created_at=LONG_AGO) for _ in range(3)]


def get(client, chart="tracks-daily", **params):
    answer = client.get(f"/api/v1/charts/{chart}", params)
    assert answer.status_code == 200, answer.content
    return answer.json()


def songs(count):
    return [TrackFactory() for _ in range(count)]


def published(crowd, tracks):
    """The first of the tracks leads."""
    for place, track in enumerate(tracks):
        for person in crowd:
            hear(person, track, len(tracks) - place)
    with TestCase.captureOnCommitCallbacks(execute=True):
        make_due()


def ranks(body):
    return [(row["rank"], row["track"]["uid"]) for row in body["rows"]]


# --- What is shown ---------------------------------------------------------------------------------------------------
def test_which_charts_there_are(api, crowd):
    before = api.get("/api/v1/charts").json()["charts"]
    assert [chart["name"] for chart in before] == [chart.name for chart in CHARTS]
    assert {str(chart["period"]) for chart in before} == {"None"}
    published(crowd, songs(1))
    after = {chart["name"]: chart for chart in api.get("/api/v1/charts").json()["charts"]}

    assert after["tracks-weekly"]["formula"].pop("text").startswith("A stream counts unless")
    assert after["tracks-weekly"] == {
        "name": "tracks-weekly",
        "title": "Top tracks of the week",
        "of": "track",
        "days": 7,
        "period": {"from": "2026-11-16", "to": "2026-11-22"},
        "countries": ["US"],
        "formula": {"version": 1},
    }
    assert (after["videos-daily"]["period"]["to"], after["videos-daily"]["countries"]) == ("2026-11-22", [])


def test_a_row_has_its_track_as_other_lists_do_and_says_why(api, crowd):
    first, second = songs(2)
    published(crowd, [first, second])
    body = get(api)

    assert (body["name"], body["of"], body["country"]) == ("tracks-daily", "track", None)
    assert (body["period"], body["formula"]["version"]) == ({"from": "2026-11-22", "to": "2026-11-22"}, 1)
    row = body["rows"][0]
    assert row.pop("track") == api.get("/api/v1/tracks", {"uids": first.uid}).json()["results"][0]
    assert row == {
        "rank": 1, "previous": None, "peak": 1, "periods": 1, "is_new": True, "is_reentry": False, "artist": None,
        "playlist": None,
        "why": {"streams": 6, "listeners": 3, "usual_listeners": None, "score": 6.0},
    }  # fmt: skip
    assert get(api, "trending")["rows"][0]["why"] == {
        "streams": 6, "listeners": 3, "usual_listeners": 0.0, "score": 0.9487
    }  # fmt: skip


def test_artists_are_shown_as_in_their_list(api, crowd):
    [track] = songs(1)
    published(crowd, [track])
    [row] = get(api, "artists-weekly")["rows"]
    assert row["track"] is None
    assert row["artist"] == api.get("/api/v1/artists").json()["results"][0]


def test_a_country_and_a_period_of_its_own(api, crowd, time_machine):
    here, there = songs(2)
    for person in crowd:
        hear(person, here, 1, market="DE", day=SUNDAY - timedelta(days=1))
        hear(person, there, 1, market="DE")
    time_machine.move_to(MONDAY - timedelta(days=1), tick=False)
    make_due()
    time_machine.move_to(MONDAY, tick=False)
    make_due()

    assert ranks(get(api, country="DE")) == ranks(get(api)) == [(1, str(there.uid))]
    assert ranks(get(api, country="DE", period="2026-11-21")) == [(1, str(here.uid))]
    # It was made, and nothing was heard there.
    nowhere = get(api, country="FR")
    assert (nowhere["rows"], nowhere["country"], nowhere["period"]["to"]) == ([], "FR", "2026-11-22")


def test_before_the_first_period_a_chart_is_empty(api, db):
    body = get(api)
    assert (body["period"], body["rows"], body["formula"]["version"]) == (None, [], 1)


@pytest.mark.parametrize("path", ["nothing", "tracks-daily?period=2026-11-20", "tracks-daily?period=0001-01-01"])
def test_what_was_not_published_is_not_found(api, crowd, path):
    published(crowd, songs(1))
    answer = api.get(f"/api/v1/charts/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "query",
    ["country=de", "country=", "country=DEU", "country=٧٧", "period=", "period=20261122", "period=2026-13-01",
     "period=2026-W47-7", "period=yesterday!"],
)  # fmt: skip
def test_odd_parameters_are_refused_by_name(api, db, query):
    answer = api.get(f"/api/v1/charts/tracks-daily?{query}")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{query.partition('=')[0]}"]


def test_owner_stranger_and_nobody_see_the_same_ranks(api, api_as, crowd, charlie, alice):
    tracks = songs(2)
    owner = UserFactory()
    Membership.objects.create(user=owner, artist=tracks[0].recording.artists.get())
    published(crowd, tracks)

    assert [row["rank"] for row in get(api)["rows"]] == [1, 2]
    for user in (owner, charlie, alice):
        assert ranks(get(api_as(user))) == ranks(get(api))


# --- What is left out and what is grey (design's table) --------------------------------------------------------------
def test_what_was_taken_down_or_is_over_is_left_out_at_once_and_ranks_stay(api, crowd):
    taken, over, third = songs(3)
    published(crowd, [taken, over, third])
    assert len(get(api)["rows"]) == 3
    open_takedown(recording=taken.recording, reason="court", claimant="A court")
    Rule.objects.create(track=over, ends_at=MONDAY - timedelta(hours=1))

    assert ranks(get(api)) == [(3, str(third.uid))]
    assert [row["rank"] for row in get(api, "artists-daily")["rows"]] == [3]


def test_what_may_not_be_played_here_or_yet_is_greyed(api, crowd):
    elsewhere, later, unannounced = songs(3)
    published(crowd, [elsewhere, later, unannounced])
    Rule.objects.create(track=elsewhere, scope="include", territories=["JP"])
    type(later.release).objects.filter(pk=later.release_id).update(released_on=SUNDAY + timedelta(days=30))
    type(later.release).objects.filter(pk=unannounced.release_id).update(announced_at=MONDAY + timedelta(days=1))

    found = {row["rank"]: row["track"]["restriction"]["reason"] for row in get(api)["rows"]}
    assert found == {1: "GEO_RESTRICTED", 2: "NOT_YET_RELEASED"}


def test_what_is_no_longer_in_the_catalogue_is_left_out(api, crowd):
    gone, there = songs(2)
    published(crowd, [gone, there])
    gone.delete()
    assert ranks(get(api)) == [(2, str(there.uid))]


def test_what_an_editor_hides_is_gone_at_once_and_comes_back(api, crowd, editor):
    first, second = songs(2)
    published(crowd, [first, second])
    assert len(get(api)["rows"]) == 2

    decide = {"chart": "tracks-daily", "track": first, "reason": "Bought plays", "actor_uid": editor.uid}
    ChartDecision.objects.create(verb="hide", **decide)
    assert ranks(get(api)) == ranks(get(api, country="US")) == [(2, str(second.uid))]
    # Each chart has its own decisions.
    assert len(get(api, "tracks-weekly")["rows"]) == 2
    ChartDecision.objects.create(verb="show", **decide)
    assert len(get(api)["rows"]) == 2


# --- What it costs ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rows", [1, 3])
def test_one_row_of_a_chart_costs_as_many_queries_as_three(api, crowd, rows, django_assert_num_queries):
    published(crowd, songs(rows))
    # The newest periods and their countries, the snapshot and its rows, what is hidden, the tracks and their credits.
    with django_assert_num_queries(7):
        assert len(get(api)["rows"]) == rows
    # From Redis: what is hidden, the tracks and their credits.
    with django_assert_num_queries(3):
        assert len(get(api)["rows"]) == rows
    get(api, "artists-daily")
    with django_assert_num_queries(2):
        assert len(get(api, "artists-daily")["rows"]) == rows


@pytest.mark.parametrize("countries", [1, 3])
def test_the_list_of_charts_costs_the_same_with_any_countries(api, crowd, countries, django_assert_num_queries):
    [track] = songs(1)
    for country in ("DE", "FR", "JP")[:countries]:
        for person in crowd:
            hear(person, track, market=country)
    make_due()
    for queries in (2, 0):
        with django_assert_num_queries(queries):
            body = api.get("/api/v1/charts").json()
        assert len(body["charts"][0]["countries"]) == countries


def test_a_chart_that_the_browser_has_is_not_sent_again(api, crowd):
    published(crowd, songs(1))
    first = api.get("/api/v1/charts/tracks-daily")
    again = api.get("/api/v1/charts/tracks-daily", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")


def test_a_chart_is_kept_for_an_hour_and_the_newest_for_a_minute(api, crowd):
    published(crowd, songs(1))
    get(api)
    key = snapshot_key("tracks-daily", "", SUNDAY)
    assert 3590 < redis.client().ttl(key) <= 3600
    assert 50 < redis.client().ttl(OVERVIEW_KEY) <= 60
    # Gone, as after its time: it is read again, and kept again.
    redis.client().delete(key)
    assert len(get(api)["rows"]) == 1
    assert redis.client().exists(key)


def test_new_snapshots_are_the_newest_at_once(api, crowd, time_machine):
    published(crowd, songs(1))
    assert get(api)["period"]["to"] == "2026-11-22"
    time_machine.move_to(MONDAY + timedelta(days=1), tick=False)
    published(crowd, [])
    assert get(api)["period"]["to"] == "2026-11-23"


def test_what_was_not_published_is_not_kept(api, crowd):
    published(crowd, songs(1))
    api.get("/api/v1/charts/tracks-daily?period=2026-01-01&country=ZZ")
    assert redis.client().keys("chart:*") == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("frozen", [True, False])
def test_without_redis_charts_are_read_and_made(api, crowd, redis_server, frozen):
    track = songs(1)[0]
    redis_server.freeze() if frozen else redis_server.stop()
    published(crowd, [track])
    assert ranks(get(api)) == [(1, str(track.uid))]
    assert len(api.get("/api/v1/charts").json()["charts"]) == len(CHARTS)


# --- My own ----------------------------------------------------------------------------------------------------------
def test_my_top_tracks_and_artists_by_the_dates_on_my_calendar(api_as, bob):
    often, once = songs(2)
    duo = TrackFactory(recording=RecordingFactory(by=[*often.recording.artists.all(), *once.recording.artists.all()]))
    today = MONDAY.date()
    hear(bob, often, 12, day=SUNDAY)
    hear(bob, duo, 2, day=SUNDAY)
    hear(bob, once, 1, day=SUNDAY, listened_on=today - timedelta(days=6))
    hear(bob, once, 30, day=SUNDAY, listened_on=today - timedelta(days=7))
    hear(bob, once, 30, day=SUNDAY, listened_ms=30_000)
    body = api_as(bob).get("/api/v1/me/top", {"days": 7}).json()

    assert (body["days"], body["from"], body["to"]) == (7, "2026-11-17", "2026-11-23")
    # My own plays, each of them: the charts' rule is for charts.
    found = [(row["track"]["uid"], row["streams"]) for row in body["tracks"]]
    assert found == [(str(often.uid), 12), (str(duo.uid), 2), (str(once.uid), 1)]
    assert [row["streams"] for row in body["artists"]] == [14, 3]
    assert body["artists"][0]["artist"]["uid"] == str(often.recording.artists.get().uid)
    assert api_as(bob).get("/api/v1/me/top").json()["tracks"][0]["streams"] == 31


def test_my_top_is_mine_alone(api, api_as, bob, charlie):
    [track] = songs(1)
    owner = UserFactory()
    Membership.objects.create(user=owner, artist=track.recording.artists.get())
    hear(bob, track, 3, day=SUNDAY)

    for user in (charlie, owner):
        body = api_as(user).get("/api/v1/me/top").json()
        assert (body["tracks"], body["artists"]) == ([], [])
    assert api.get("/api/v1/me/top").status_code == 401
    answer = api_as(bob).get("/api/v1/me/top")
    assert len(answer.json()["tracks"]) == 1
    assert "private" in answer["Cache-Control"]


def test_in_my_top_what_is_over_is_greyed_and_what_is_hidden_from_charts_is_there(api_as, bob):
    [track] = songs(1)
    hear(bob, track, 3, day=SUNDAY)
    ChartDecision.objects.create(chart="tracks-daily", track=track, reason="Bought plays")
    Rule.objects.create(track=track, ends_at=MONDAY - timedelta(hours=1))
    [row] = api_as(bob).get("/api/v1/me/top").json()["tracks"]
    assert row["track"]["restriction"]["reason"] == "WINDOW_ENDED"


@pytest.mark.parametrize("rows", [1, 3])
def test_my_top_costs_the_same_with_any_rows(api_as, bob, rows, django_assert_num_queries):
    for track in songs(rows):
        hear(bob, track)
    client = api_as(bob)
    client.get("/api/v1/me")
    # My number, both rankings, the tracks and their credits, the artists.
    with django_assert_num_queries(6):
        body = client.get("/api/v1/me/top").json()
    assert (len(body["tracks"]), len(body["artists"])) == (rows, rows)


@pytest.mark.parametrize("days", ["8", "", "7.0", "all"])
def test_other_periods_of_mine_are_refused(api_as, bob, days):
    answer = api_as(bob).get("/api/v1/me/top", {"days": days})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/days"]
