import os
import signal
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.charts.models import ChartDecision, ChartRow, ChartSnapshot
from analytics.charts.rules import CHARTS, Heard, chart_eligible, trending_score
from analytics.charts.services import CHARTS_LOCK, make_due
from analytics.charts.tasks import make_due as make_due_task
from analytics.plays.models import Play, PlayPending
from catalog.music.models import Membership, RecordingCredit
from tests.analytics.charts.listening import LONG_AGO, MONDAY, SUNDAY, hear
from tests.analytics.sending import at_once, wait_until, waiting_for_locks
from tests.factories import ArtistFactory, RecordingFactory, TrackFactory, UserFactory


@pytest.fixture(autouse=True)
def on_monday(time_machine):
    time_machine.move_to(MONDAY, tick=False)


def listener(**fields):
    return UserFactory(created_at=fields.pop("created_at", LONG_AGO), **fields)


def song(**fields):
    return TrackFactory(recording=RecordingFactory(**fields), ready=False)


def rows(chart="tracks-daily", country="", last=SUNDAY):
    found = ChartRow.objects.filter(chart=chart, country=country, last=last).order_by("rank")
    return list(found.values_list("item_id", "rank", "streams", "listeners"))


def history(track, last, chart="tracks-daily"):
    row = ChartRow.objects.get(chart=chart, country="", last=last, item_id=track.pk)
    return row.rank, row.previous, row.peak, row.periods, row.is_new, row.is_reentry


def days_before(days):
    return SUNDAY - timedelta(days=days)


# --- What is counted -------------------------------------------------------------------------------------------------
def test_a_chart_ranks_by_streams_that_count_in_the_world_and_in_each_country(db):
    people, first, second = [listener() for _ in range(4)], song(), song()
    for person in people:
        hear(person, first, 2, market="DE")
    hear(people[0], second, 9, market="US")
    make_due_task()

    assert rows() == [(second.pk, 1, 9, 1), (first.pk, 2, 8, 4)]
    assert rows(country="DE") == [(first.pk, 1, 8, 4)]
    # One listener of a country is not for everybody to see.
    assert not ChartSnapshot.objects.filter(country="US").exists()
    made = ChartSnapshot.objects.get(chart="tracks-daily", country="")
    assert (made.first, made.last, made.formula, made.made_at) == (SUNDAY, SUNDAY, 1, MONDAY)


@pytest.mark.django_db
def test_the_attack_moves_a_track_by_no_more_than_the_rule_says():
    """One account with 10,000 plays adds ten and one listener; a hundred new accounts add nothing."""
    attacked, honest, attacker = song(), song(), listener()
    for person in [listener() for _ in range(3)]:
        hear(person, attacked, 1)
        hear(person, honest, 4)
    hear(attacker, attacked, 10_000)
    for _ in range(100):
        hear(listener(created_at=MONDAY - timedelta(days=3)), attacked, 10)
    make_due()

    assert rows() == [(attacked.pk, 1, 3 + 10, 3 + 1), (honest.pk, 2, 12, 3)]
    assert rows("artists-daily")[0][2:] == (13, 4)
    trending = ChartRow.objects.get(chart="trending", country="", item_id=attacked.pk)
    assert (trending.listeners, trending.score) == (4, trending_score(listeners=4, usual=Decimal(0)))
    # On a week of such days it is ten a day, and the listener is one.
    week = rows("tracks-weekly")
    assert week[0][2:] == (13, 4)


def test_the_cap_is_of_a_day_and_listeners_are_of_the_week(db):
    person, track = listener(), song()
    for days in range(7):
        hear(person, track, 30, day=days_before(days))
    hear(person, track, 30, day=days_before(7))
    make_due()

    assert rows("tracks-weekly") == [(track.pk, 1, 70, 1)]
    assert rows("tracks-daily") == [(track.pk, 1, 10, 1)]


@pytest.mark.parametrize("role", Membership.Role.values)
def test_plays_of_the_artists_team_are_out(db, role):
    duo = [ArtistFactory(), ArtistFactory()]
    track, other = song(by=duo), song()
    member = listener()
    Membership.objects.create(user=member, artist=duo[1], role=role)
    for each in (track, other):
        hear(member, each, 5)
    make_due()

    assert rows() == [(other.pk, 1, 5, 1)]
    assert duo[0].pk not in [item for item, *_ in rows("artists-daily")]


def test_short_plays_previews_and_erased_accounts_are_out(db):
    gone, person, track = listener(), listener(), song()
    hear(gone, track, 5)
    hear(person, track, 1, listened_ms=30_000)
    hear(person, track, 1, presentation="preview")
    gone.delete()
    make_due()

    assert rows() == []
    assert ChartSnapshot.objects.filter(chart="tracks-daily", country="").count() == 1


def test_songs_and_videos_have_charts_of_their_own_and_share_the_artists(db):
    person, band = listener(), ArtistFactory()
    track, video = song(by=[band]), song(by=[band], kind="video")
    hear(person, track, 2)
    hear(person, video, 3)
    make_due()

    assert [item for item, *_ in rows("tracks-daily")] == [track.pk]
    assert [item for item, *_ in rows("videos-weekly")] == [video.pk]
    assert rows("artists-weekly") == [(band.pk, 1, 5, 1)]
    assert {item for item, *_ in rows("trending")} == {track.pk, video.pk}


def test_each_main_artist_has_the_stream_and_no_featured_one(db):
    lead, guest = ArtistFactory(), ArtistFactory()
    track = song(by=[lead, guest])
    RecordingCredit.objects.filter(artist=guest).update(role=RecordingCredit.Role.FEATURED)
    hear(listener(), track, 2)
    make_due()

    assert rows("artists-daily") == [(lead.pk, 1, 2, 1)]


def test_equals_are_ordered_by_listeners_and_then_by_age_in_the_catalogue(db):
    oldest, older, wider = song(), song(), song()
    people = [listener(), listener()]
    for track in (older, oldest):
        hear(people[0], track, 2)
    for person in people:
        hear(person, wider, 1)
    make_due()

    assert [item for item, *_ in rows()] == [wider.pk, oldest.pk, older.pk]


def test_a_chart_has_a_hundred_rows(db, settings):
    person = listener()
    recording = RecordingFactory()
    for track in [TrackFactory(recording=recording, ready=False) for _ in range(103)]:
        hear(person, track)
    make_due()

    assert [rank for _, rank, *_ in rows()] == list(range(1, 101))


def test_trending_compares_with_the_week_before(db):
    steady, rising, fading = song(), song(), song()
    people = [listener() for _ in range(5)]
    for days in range(8):
        for person in people:
            hear(person, steady, day=days_before(days))
    for person in people[:3]:
        hear(person, rising)
        hear(person, fading, day=days_before(1))
    make_due()

    found = ChartRow.objects.get(chart="trending", country="")
    assert (found.item_id, found.listeners, found.usual_listeners) == (rising.pk, 3, Decimal("0.00"))
    assert found.score == Decimal("0.9487")


def test_a_market_that_is_no_country_counts_in_the_world_only(db):
    track = song()
    for person in [listener() for _ in range(3)]:
        hear(person, track, market="")
    make_due()

    assert rows() == [(track.pk, 1, 3, 3)]
    assert ChartSnapshot.objects.filter(chart="tracks-daily").count() == 1


# --- From one period to the next -------------------------------------------------------------------------------------
def test_rows_know_previous_peak_and_how_long(db, time_machine):
    one, two = song(), song()
    person, other = listener(), listener()
    # One leads, falls, is away, and comes back below; the other is there from the second day on.
    for days, streams in {3: (5, 0), 2: (3, 4), 1: (0, 4), 0: (2, 4)}.items():
        hear(person, one, streams[0], day=days_before(days))
        hear(other, two, streams[1], day=days_before(days))
    for days in (3, 2, 1, 0):
        time_machine.move_to(MONDAY - timedelta(days=days), tick=False)
        make_due()

    assert history(one, days_before(3)) == (1, None, 1, 1, True, False)
    assert history(one, days_before(2)) == (2, 1, 1, 2, False, False)
    assert history(one, SUNDAY) == (2, None, 1, 3, False, True)
    assert history(two, days_before(2)) == (1, None, 1, 1, True, False)
    assert history(two, SUNDAY) == (1, 1, 1, 3, False, False)


def test_what_beat_left_out_is_made_late_in_order_and_the_same(db, time_machine):
    track, person = song(), listener()
    for days in range(3):
        hear(person, track, 3 - days, day=days_before(days))
    time_machine.move_to(MONDAY - timedelta(days=2), tick=False)
    make_due()
    time_machine.move_to(MONDAY + timedelta(hours=9), tick=False)
    make_due()

    assert [history(track, days_before(days))[1:4] for days in (2, 1, 0)] == [(None, 1, 1), (1, 1, 2), (1, 1, 3)]
    assert [rows(last=days_before(days))[0][2] for days in (2, 1, 0)] == [1, 2, 3]


def test_a_day_is_made_when_it_is_closed(db, time_machine):
    track = song()
    hear(listener(), track)
    pending = PlayPending.objects.create(
        play_id=Play.objects.get().pk, track_id=track.pk, artist_ids=[], tier="free", market="US",
        context_kind="browse", is_stream=True, counted_on=SUNDAY,
    )  # fmt: skip
    assert make_due() == 0
    # A day of the week is enough to hold the week up.
    PlayPending.objects.update(counted_on=days_before(3))
    assert make_due() == 5
    assert not ChartSnapshot.objects.filter(chart="tracks-weekly").exists()
    pending.delete()
    assert make_due() == 4


def test_nothing_is_made_before_the_day_is_over_for_a_quarter_of_an_hour(db, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    make_due()
    time_machine.move_to(MONDAY + timedelta(hours=23, minutes=54, seconds=59), tick=False)
    assert make_due() == 0
    time_machine.move_to(MONDAY + timedelta(hours=23, minutes=55), tick=False)
    assert make_due() == 5


# --- Once, and whole -------------------------------------------------------------------------------------------------
def test_twice_makes_nothing_more(db):
    hear(listener(), song(), 3)
    assert make_due() == len(CHARTS)
    before = list(ChartRow.objects.order_by("pk").values())
    hear(listener(), song(), 3)
    assert make_due() == 0
    assert list(ChartRow.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("table", ["analytics_chartsnapshot", "analytics_chartrow", "analytics_chartdecision"])
@pytest.mark.parametrize("change", ["UPDATE {} SET chart = chart", "DELETE FROM {}"])
def test_what_was_published_cannot_be_changed(db, table, change):
    track = song()
    hear(listener(), track)
    make_due()
    ChartDecision.objects.create(chart="tracks-daily", track=track, reason="bought")
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(table))


def test_a_period_has_one_snapshot_in_a_country(db):
    fields = {"chart": "trending", "first": SUNDAY, "last": SUNDAY, "formula": 1, "made_at": MONDAY}
    ChartSnapshot.objects.create(**fields)
    with pytest.raises(IntegrityError, match="chart_snapshot_once"), transaction.atomic():
        ChartSnapshot.objects.create(**fields)


def test_a_worker_leaves_alone_while_another_makes(another_connection, bob):
    another_connection.execute("SELECT pg_advisory_xact_lock(%s)", [CHARTS_LOCK])
    assert make_due() == 0
    another_connection.rollback()
    assert make_due() == len(CHARTS)


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_make_each_snapshot_once():
    hear(listener(), song(), 3)
    made = at_once(*[make_due] * 4)
    assert sum(made) + make_due() == len(CHARTS)
    assert ChartSnapshot.objects.count() == len(CHARTS)
    assert ChartRow.objects.count() == 5


def start_making():
    """Another process on the test's database, with the test's time."""
    db = connection.settings_dict
    url = f"postgres://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    program = (
        "import django; django.setup(); from datetime import datetime; from streaming.lib import clock\n"
        f"clock.now = lambda: datetime.fromisoformat({MONDAY.isoformat()!r})\n"
        "from analytics.charts.services import make_due; make_due()"
    )
    return subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "DATABASE_URL": url})


@pytest.mark.parametrize("written", ["analytics_chartsnapshot", "analytics_chartrow"])
def test_killed_in_the_middle_it_leaves_nothing_and_the_next_run_makes_it_whole(another_connection, written):
    track = song()
    hear(listener(), track, 3)
    # Nobody may add to the table: the worker stands still in the middle of its statement.
    another_connection.execute(f"LOCK TABLE {written} IN SHARE MODE")
    child = start_making()
    try:
        wait_until(lambda: waiting_for_locks(another_connection) or child.poll() is not None)
        assert child.poll() is None
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    another_connection.rollback()
    # The server notices that its client is gone when it has something to say.
    wait_until(lambda: not holders_of_the_lock(another_connection))
    assert (ChartSnapshot.objects.count(), ChartRow.objects.count()) == (0, 0)
    assert make_due() == len(CHARTS)
    assert rows() == [(track.pk, 1, 3, 1)]


def holders_of_the_lock(session):
    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
    return session.execute(asked, [CHARTS_LOCK & 0xFFFFFFFF]).fetchone()[0]


# --- The statement is the rule ---------------------------------------------------------------------------------------
LISTENING = st.lists(
    # Who, what, how many days ago, in which country, at which hour, and how often.
    st.tuples(
        st.integers(0, 4), st.integers(0, 2), st.integers(0, 8), st.sampled_from(["US", "DE"]), st.integers(0, 23),
        st.integers(1, 12),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(heard=LISTENING)
def test_charts_are_what_the_rule_says_of_each_play(db, heard):
    with transaction.atomic():
        band = ArtistFactory()
        tracks = [song(by=[band]), song(), song(kind="video")]
        # Of a team, old enough since five days and some hours ago, new, old, old.
        ages = [LONG_AGO, MONDAY - timedelta(days=12, hours=8), MONDAY - timedelta(days=2), LONG_AGO, LONG_AGO]
        people = [listener(created_at=since) for since in ages]
        Membership.objects.create(user=people[0], artist=band)
        for who, what, days, market, hour, count in heard:
            hear(people[who], tracks[what], count, day=days_before(days), hour=hour, market=market)
        make_due()

        counted = counted_by_the_rule(heard, ages)
        for chart, kinds in (("tracks-daily", (0, 1)), ("videos-daily", (2,)), ("trending", (0, 1, 2))):
            for country in ("", "US", "DE"):
                wanted = ranking(chart, counted, kinds, country)
                found = ChartRow.objects.filter(chart=chart, country=country, last=SUNDAY).order_by("rank")
                scores = [
                    (tracks.index(track), row.score) for row in found for track in tracks if track.pk == row.item_id
                ]
                assert scores == wanted
        transaction.set_rollback(True)


def counted_by_the_rule(heard, ages):
    """(who, what, days ago, country) of each play that counts."""
    before, counted = defaultdict(int), []
    # In the order of the play ids, which is that of the hours; within an hour all are alike but for the country.
    for who, what, days, market, hour, count in sorted(heard, key=lambda each: (-each[2], each[4])):
        at = datetime.combine(days_before(days), time(hour), UTC)
        play = Heard(is_stream=True, is_own=(who, what) == (0, 0), received_at=at, account_since=ages[who])
        for _ in range(count):
            if chart_eligible(play, counted_before=before[who, what, days]):
                before[who, what, days] += 1
                counted.append((who, what, days, market))
    return counted


def ranking(chart, counted, kinds, country):
    found = []
    for what in kinds:
        own = [each for each in counted if each[1] == what and country in ("", each[3])]
        today = [each for each in own if each[2] == 0]
        listeners = len({each[0] for each in today})
        usual = Decimal(len({(each[0], each[2]) for each in own if 1 <= each[2] <= 7})) / 7
        score = Decimal(len(today))
        if chart == "trending":
            score = trending_score(listeners=listeners, usual=usual.quantize(Decimal("0.01")))
        if score > 0 and (not country or listeners >= 3):
            found.append((-score, -listeners, -len(today), what))
    return [(what, -score) for score, _, _, what in sorted(found)]
