from datetime import UTC, date, datetime, timedelta, timezone

import psycopg
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.plays import queries, rules
from analytics.plays.models import ListenerNumber, Play, PlayPending
from analytics.plays.services import PARTITIONS_LOCK, PlayResult, make_partitions
from analytics.totals.services import roll_up
from playback.tickets import PlayContext, read_ticket
from streaming.lib import clock
from streaming.lib.errors import Code, DomainError
from tests.analytics.sending import at_once, record, sent_play, statuses, ticket_for, wait_until, waiting_for_locks
from tests.factories import ArtistFactory, TrackFactory, UserFactory


def test_a_play_is_kept_as_it_was_counted(bob, track, artist):
    featured = ArtistFactory()
    started_at = datetime(2026, 11, 26, 0, 30, tzinfo=timezone(timedelta(hours=9)))
    received_at = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
    ticket = ticket_for(
        bob,
        track,
        issued_at=received_at - timedelta(hours=1),
        artist_uids=(artist.uid, featured.uid),
        tier="paid",
        market="JP",
    )
    results = record(bob, sent_play(ticket, listened_ms=31_000, started_at=started_at), received_at=received_at)
    assert results == [PlayResult(ticket.play_id, "accepted")]
    kept = Play.objects.values().get()
    assert kept == {
        "play_id": ticket.play_id,
        "listener": ListenerNumber.objects.get(user=bob).number,
        "track_id": track.pk,
        "recording_id": track.recording_id,
        "artist_ids": [artist.pk, featured.pk],
        "tier": "paid",
        "market": "JP",
        "context_kind": "album",
        "context_uid": track.release.uid,
        "presentation": "full",
        "listened_ms": 31_000,
        "started_at": started_at,
        "ended_at": started_at + timedelta(seconds=31),
        "received_at": received_at,
        "lease_uid": None,
        "counter": None,
        "listened_on": date(2026, 11, 26),
        "counted_on": date(2026, 11, 25),
    }
    pending = PlayPending.objects.values().get()
    assert pending == {
        **{name: kept[name] for name in ("play_id", "track_id", "artist_ids", "tier", "market", "context_kind")},
        "counted_on": date(2026, 11, 25),
        "is_stream": True,
    }


def test_a_play_without_a_context_is_kept(bob, track):
    record(bob, sent_play(ticket_for(bob, track, context=PlayContext("search"))))
    assert Play.objects.get().context_uid is None


@pytest.mark.parametrize(
    ("presentation", "listened_ms", "is_stream"),
    [("full", 30_000, False), ("full", 30_001, True), ("preview", 30_001, False), ("full", 0, False)],
)
def test_short_plays_and_previews_are_kept_but_are_no_streams(bob, track, presentation, listened_ms, is_stream):
    play = sent_play(ticket_for(bob, track, presentation=presentation), listened_ms=listened_ms)
    assert statuses(record(bob, play)) == ["accepted"]
    assert PlayPending.objects.get().is_stream is is_stream


def test_the_same_play_again_changes_nothing_even_after_the_rollup(bob, track):
    ticket = ticket_for(bob, track)
    assert statuses(record(bob, sent_play(ticket))) == ["accepted"]
    assert statuses(record(bob, sent_play(ticket, listened_ms=40_000))) == ["duplicate"]
    assert roll_up() == 1
    assert statuses(record(bob, sent_play(ticket))) == ["duplicate"]
    assert Play.objects.get().listened_ms == 31_000
    assert not PlayPending.objects.exists()


def test_of_one_play_twice_in_a_call_the_first_counts_and_the_answers_are_in_order(bob, charlie, track):
    one, two, foreign = ticket_for(bob, track), ticket_for(bob, track), ticket_for(charlie, track)
    results = record(
        bob,
        sent_play(two, listened_ms=1_000),
        sent_play(foreign),
        sent_play(one),
        sent_play(two, listened_ms=31_000),
        sent_play(one),
    )
    assert results == [
        PlayResult(two.play_id, "accepted"),
        PlayResult(None, "rejected", "NOT_YOURS"),
        PlayResult(one.play_id, "accepted"),
        PlayResult(two.play_id, "duplicate"),
        PlayResult(one.play_id, "duplicate"),
    ]
    assert Play.objects.get(pk=two.play_id).listened_ms == 1_000


def test_a_rejected_row_does_not_use_up_its_play(bob, track):
    ticket = ticket_for(bob, track)
    results = record(bob, sent_play(ticket, listened_ms=3_600_000), sent_play(ticket), sent_play(ticket))
    assert [(r.status, r.reason) for r in results] == [
        ("rejected", "LISTENED_TOO_LONG"),
        ("accepted", None),
        ("duplicate", None),
    ]


@pytest.mark.django_db(transaction=True)
def test_one_play_sent_by_many_at_once_is_accepted_once(bob, track):
    play = sent_play(ticket_for(bob, track))
    answers = at_once(*[lambda: record(bob, play)] * 6)
    assert sorted(status for results in answers for status in statuses(results)) == ["accepted", *["duplicate"] * 5]
    assert (Play.objects.count(), PlayPending.objects.count()) == (1, 1)
    assert ListenerNumber.objects.filter(user=bob).count() == 1


def test_two_calls_with_the_same_plays_in_opposite_order_do_not_deadlock(another_connection, bob, track):
    plays = [sent_play(ticket_for(bob, track)) for _ in range(9)]
    # Somebody is in the middle of writing the one in the middle, so that both calls get half way and wait.
    halfway = read_ticket(plays[4].ticket).play_id
    another_connection.execute(
        "INSERT INTO analytics_play (play_id, listener, track_id, recording_id, started_at, ended_at, received_at,"
        " listened_ms, listened_on, counted_on, artist_ids, tier, market, context_kind, presentation)"
        " VALUES (%s, 0, 0, 0, now(), now(), now(), 0, now(), now(), '{}', '', '', '', '')",
        [halfway],
    )

    def let_go():
        wait_until(lambda: waiting_for_locks(another_connection) == 2)
        another_connection.rollback()

    forth, back, _ = at_once(lambda: record(bob, *plays), lambda: record(bob, *reversed(plays)), let_go)
    assert sorted(statuses(forth) + statuses(back)) == ["accepted"] * 9 + ["duplicate"] * 9
    assert (Play.objects.count(), PlayPending.objects.count()) == (9, 9)


def test_a_tampered_ticket_is_rejected_without_a_hint(bob, track):
    play = sent_play(ticket_for(bob, track))
    payload, mac = play.ticket.split(".")
    for forged in (f"{payload[:-1]}A.{mac}", f"{payload}.{mac[:-2]}AA", "", ".", "höllo.wörld", payload):
        bad = type(play)(forged, play.listened_ms, play.started_at, play.ended_at)
        assert record(bob, bad) == [PlayResult(None, "rejected", "BAD_TICKET")]
    assert not Play.objects.exists()


def test_a_play_sixty_days_late_is_accepted_and_a_later_one_is_not(bob, track):
    now = clock.now()
    in_time = ticket_for(bob, track, issued_at=now - timedelta(days=60) + timedelta(minutes=1))
    too_late = ticket_for(bob, track, issued_at=now - timedelta(days=60, seconds=1))
    results = record(bob, sent_play(in_time), sent_play(too_late), received_at=now)
    assert [(r.status, r.reason) for r in results] == [("accepted", None), ("rejected", "TOO_LATE")]


def test_a_track_that_has_left_the_catalogue_is_rejected(bob, track):
    gone = TrackFactory(ready=False)
    ticket = ticket_for(bob, gone)
    gone.delete()
    results = record(bob, sent_play(ticket), sent_play(ticket_for(bob, track)))
    assert [(r.status, r.reason) for r in results] == [("rejected", "UNKNOWN_TRACK"), ("accepted", None)]


def test_ledger_and_pending_are_written_by_one_statement(bob, track):
    record(bob, sent_play(ticket_for(bob, track)))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        record(bob, *[sent_play(ticket_for(bob, track)) for _ in range(3)])
    writes = [query["sql"] for query in captured if "INSERT" in query["sql"]]
    assert len(writes) == 1
    assert "INTO analytics_play " in writes[0]
    assert "INTO analytics_play_pending " in writes[0]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_number_of_queries_does_not_depend_on_the_number_of_plays(bob, rows, django_assert_num_queries):
    plays = [sent_play(ticket_for(bob, TrackFactory(), tier="free")) for _ in range(rows)]
    ListenerNumber.objects.create(user=bob)
    make_partitions(at=clock.now())
    # Keys of tracks, recordings and artists; partitions; listener number; savepoint, timeout, the write, release.
    with django_assert_num_queries(9):
        assert statuses(record(bob, *plays)) == ["accepted"] * rows


def test_a_call_of_nothing_but_bad_tickets_runs_no_sql(bob, track, django_assert_num_queries):
    now = clock.now()
    play = rules.SentPlay("nonsense", 31_000, now, now)
    with django_assert_num_queries(0):
        assert statuses(record(bob, play, play)) == ["rejected", "rejected"]


def test_intake_may_not_hang_longer_than_a_day_takes_to_close(bob, track):
    with CaptureQueriesContext(connection) as captured:
        record(bob, sent_play(ticket_for(bob, track)))
    assert "SET LOCAL statement_timeout = 10000" in [query["sql"] for query in captured]


@pytest.mark.django_db(transaction=True)
def test_an_account_erased_a_moment_ago_is_told_so(bob, track):
    ticket = ticket_for(bob, track)
    user_id = bob.pk
    bob.delete()
    bob.pk = user_id
    with pytest.raises(DomainError) as refused:
        record(bob, sent_play(ticket))
    assert (refused.value.code, refused.value.status) == (Code.TOKEN_INVALID, 401)
    assert not Play.objects.exists()


def test_a_listener_number_is_never_given_again(bob, track):
    record(bob, sent_play(ticket_for(bob, track)))
    first = Play.objects.get().listener
    bob.delete()
    assert Play.objects.get().listener == first
    assert not ListenerNumber.objects.exists()
    other = UserFactory()
    record(other, sent_play(ticket_for(other, track)))
    assert ListenerNumber.objects.get().number > first


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sendings=st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=12), max_size=6))
def test_however_plays_are_split_and_repeated_each_is_accepted_exactly_once(bob, track, sendings):
    Play.objects.all().delete()
    PlayPending.objects.all().delete()
    plays = [sent_play(ticket_for(bob, track)) for _ in range(8)]
    seen: set[int] = set()
    for sending in sendings:
        expected = []
        for place in sending:
            expected.append("duplicate" if place in seen else "accepted")
            seen.add(place)
        assert statuses(record(bob, *[plays[place] for place in sending])) == expected
    assert Play.objects.count() == PlayPending.objects.count() == len(seen)


# --- Partitions ------------------------------------------------------------------------------------------------------
def test_a_play_lies_in_the_partition_of_its_month(bob, track):
    late = ticket_for(bob, track, issued_at=clock.now() - timedelta(days=40))
    record(bob, sent_play(late))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM analytics_play")
        assert cursor.fetchall() == [(rules.partition_name(rules.month_of_id(late.play_id)),)]


def test_the_ledger_has_the_months_around_now_and_no_default_partition(db):
    make_partitions(at=clock.now())
    names = set(map(rules.partition_name, rules.ledger_months(clock.now())))
    assert names <= queries.attached_partitions()
    with connection.cursor() as cursor:
        cursor.execute("SELECT partdefid FROM pg_partitioned_table WHERE partrelid = 'analytics_play'::regclass")
        assert cursor.fetchall() == [(0,)]


def test_a_month_that_the_task_did_not_make_is_made_by_intake(bob, track):
    ticket = ticket_for(bob, track)
    make_partitions(at=clock.now())
    name = rules.partition_name(rules.month_of_id(ticket.play_id))
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {name}")
    assert statuses(record(bob, sent_play(ticket))) == ["accepted"]


def test_the_ids_of_an_archived_month_are_rejected_and_the_month_stays_away(bob, track):
    old = ticket_for(bob, track, issued_at=clock.now() - timedelta(days=45))
    name = rules.partition_name(rules.month_of_id(old.play_id))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE analytics_play DETACH PARTITION {name}")
    results = record(bob, sent_play(old), sent_play(ticket_for(bob, track)))
    assert [(r.status, r.reason) for r in results] == [("rejected", "TOO_LATE"), ("accepted", None)]
    make_partitions(at=clock.now())
    assert name not in queries.attached_partitions()


def test_an_id_of_a_month_that_never_was_is_rejected(bob, track):
    ticket = ticket_for(bob, track, play_id=type(bob.uid)(int=2**128 - 1))
    assert [r.reason for r in record(bob, sent_play(ticket))] == ["TOO_LATE"]


@pytest.fixture
def far_away(transactional_db):
    """A time that no partition was made for; afterwards none is left."""
    at = datetime(2071, 5, 15, tzinfo=UTC)
    yield at
    with connection.cursor() as cursor:
        for month in rules.ledger_months(at):
            cursor.execute(f"DROP TABLE IF EXISTS {rules.partition_name(month)}")


def test_two_may_make_partitions_at_once(far_away):
    at_once(*[lambda: make_partitions(at=far_away)] * 4)
    names = set(map(rules.partition_name, rules.ledger_months(far_away)))
    assert names <= queries.attached_partitions()


def test_partitions_are_made_while_intake_is_in_the_middle_of_a_write(far_away, another_connection, bob, track):
    record(bob, sent_play(ticket_for(bob, track)))
    another_connection.execute("UPDATE analytics_play SET listened_ms = 0")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        make_partitions(at=far_away)
        cursor.execute("RESET lock_timeout")
    assert rules.partition_name(rules.month_of(far_away.date())) in queries.attached_partitions()


def test_who_makes_partitions_waits_for_another(far_away, another_connection):
    another_connection.execute("SELECT pg_advisory_xact_lock(%s)", [PARTITIONS_LOCK])
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
        with pytest.raises(OperationalError) as refused:
            make_partitions(at=far_away)
        cursor.execute("RESET lock_timeout")
    assert isinstance(refused.value.__cause__, psycopg.errors.LockNotAvailable)


@pytest.mark.django_db(transaction=True)
def test_the_migration_can_be_taken_back_and_made_again(db):
    call_command("migrate", "analytics", "zero", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'analytics_%'")
        assert cursor.fetchone() == (0,)
    call_command("migrate", "analytics", verbosity=0)
    assert Play.objects.count() == 0
    assert len(queries.attached_partitions()) >= 5
