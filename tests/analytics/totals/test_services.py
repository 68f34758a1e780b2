import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.plays.models import Play, PlayPending
from analytics.totals import queries
from analytics.totals.models import ArtistDay, RollupProgress, TrackDay
from analytics.totals.queries import Difference
from analytics.totals.services import ROLLUP_LOCK, roll_up
from analytics.totals.tasks import roll_up as roll_up_task
from tests.analytics.sending import at_once, record, sent_play, ticket_for, wait_until, waiting_for_locks
from tests.factories import ArtistFactory, RecordingFactory, TrackFactory, UserFactory

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(NOON)


def totals_of(model):
    key = "track_id" if model is TrackDay else "artist_id"
    return {(each, day): counts for each, day, *counts in model.objects.values_list(key, "day", "streams", "plays")}


def send(user, track, count, *, listened_ms=31_000, received_at=None):
    plays = [sent_play(ticket_for(user, track), listened_ms=listened_ms) for _ in range(count)]
    record(user, *plays, received_at=received_at)


def test_each_main_artist_gets_one_whole_stream(bob):
    duo = [ArtistFactory(), ArtistFactory()]
    track = TrackFactory(recording=RecordingFactory(by=duo))
    send(bob, track, 2, received_at=NOON)
    send(bob, track, 1, listened_ms=30_000, received_at=NOON)
    roll_up_task()
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [2, 3]}
    assert totals_of(ArtistDay) == {(artist.pk, NOON.date()): [2, 3] for artist in duo}
    assert not PlayPending.objects.exists()


def test_a_play_counts_on_the_utc_day_of_its_receipt(bob, track, time_machine):
    time_machine.move_to(NOON, tick=False)
    ticket = ticket_for(bob, track, issued_at=NOON - timedelta(days=20))
    record(bob, sent_play(ticket, started_at=NOON - timedelta(days=20)), received_at=NOON)
    roll_up()
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [1, 1]}


def test_batches_add_up_and_the_bound_leaves_the_rest(bob, track):
    send(bob, track, 7, received_at=NOON)
    assert roll_up(batch=3, most_batches=2) == 6
    assert PlayPending.objects.count() == 1
    assert roll_up(batch=3) == 1
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [7, 7]}
    assert roll_up() == 0


def test_erasing_a_user_changes_no_total(bob, alice, track):
    send(bob, track, 2)
    roll_up()
    send(alice, track, 1)
    before = list(Play.objects.order_by("pk").values())
    bob.delete()
    alice.delete()
    roll_up()
    assert list(Play.objects.order_by("pk").values()) == before
    assert list(TrackDay.objects.values_list("streams", flat=True)) == [3]
    assert list(ArtistDay.objects.values_list("streams", flat=True)) == [3]


def test_progress_is_told_once_nothing_is_pending_and_never_goes_back(bob, track, time_machine):
    assert queries.counted_through() is None
    time_machine.move_to(NOON, tick=False)
    send(bob, track, 2)
    roll_up(batch=1, most_batches=2)
    assert queries.counted_through() is None
    roll_up(batch=1)
    # Intake may hang for ten seconds, so what was received since may not be seen yet.
    assert queries.counted_through() == NOON - timedelta(seconds=10)
    time_machine.move_to(NOON - timedelta(hours=1), tick=False)
    roll_up()
    assert queries.counted_through() == NOON - timedelta(seconds=10)
    assert RollupProgress.objects.count() == 1


def test_a_day_closes_when_it_is_over_and_nothing_of_it_is_pending(bob, track):
    day = NOON.date()
    send(bob, track, 1, received_at=NOON)
    assert not queries.is_day_closed(day, NOON + timedelta(days=1))
    roll_up()
    assert not queries.is_day_closed(day, NOON + timedelta(hours=12, minutes=14))
    assert queries.is_day_closed(day, NOON + timedelta(hours=12, minutes=15))


def test_a_rollup_leaves_alone_while_another_runs(another_connection, bob, track):
    send(bob, track, 1)
    another_connection.execute("SELECT pg_advisory_xact_lock(%s)", [ROLLUP_LOCK])
    assert roll_up() == 0
    assert PlayPending.objects.count() == 1
    another_connection.rollback()
    assert roll_up() == 1


@pytest.mark.django_db(transaction=True)
def test_many_rollups_at_once_lose_and_double_nothing(bob, track):
    send(bob, track, 200, received_at=NOON)
    counted = at_once(*[lambda: roll_up(batch=7)] * 4)
    assert sum(counted) + roll_up() == 200
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [200, 200]}


@pytest.mark.django_db(transaction=True)
def test_intake_and_rollup_at_once_lose_and_double_nothing(bob, track):
    def intake():
        for _ in range(20):
            send(bob, track, 3, received_at=NOON)

    at_once(intake, intake, lambda: [roll_up(batch=5) for _ in range(40)])
    roll_up()
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [120, 120]}
    assert queries.differences(NOON.date()) == []


# --- Killed in the middle --------------------------------------------------------------------------------------------
def start_rollup():
    """A rollup in a process of its own, on the test's database."""
    db = connection.settings_dict
    url = f"postgres://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"
    program = "import django; django.setup(); from analytics.totals.services import roll_up; roll_up(batch=50)"
    return subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "DATABASE_URL": url})


def holders_of_the_rollup_lock(session):
    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted"
    return session.execute(asked, [ROLLUP_LOCK & 0xFFFFFFFF]).fetchone()[0]


@pytest.mark.parametrize(
    "stopped_at",
    [
        # While it adds the deleted rows up, and when all is added but nothing is committed.
        "SELECT FROM analytics_artistday FOR UPDATE",
        "LOCK TABLE analytics_rollupprogress IN SHARE MODE",
    ],
)
def test_a_rollup_killed_in_the_middle_ends_right_without_a_hand(another_connection, bob, track, stopped_at):
    send(bob, track, 1, received_at=NOON)
    roll_up()
    send(bob, track, 20, received_at=NOON)
    another_connection.execute(stopped_at)
    child = start_rollup()
    try:
        wait_until(lambda: waiting_for_locks(another_connection) or child.poll() is not None)
        assert child.poll() is None
        assert holders_of_the_rollup_lock(another_connection) == 1
        child.send_signal(signal.SIGKILL)
    finally:
        child.kill()
        child.wait()
    another_connection.rollback()
    # The server notices that its client is gone when it has something to say.
    wait_until(lambda: not holders_of_the_rollup_lock(another_connection))
    assert PlayPending.objects.count() == 20
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [1, 1]}
    assert roll_up() == 20
    assert totals_of(TrackDay) == {(track.pk, NOON.date()): [21, 21]}
    assert queries.differences(NOON.date()) == []


# --- The recount -----------------------------------------------------------------------------------------------------
def test_the_recount_names_what_differs(bob, track, artist):
    day = NOON.date()
    send(bob, track, 2, received_at=NOON)
    roll_up()
    assert queries.differences(day) == []
    TrackDay.objects.update(streams=1)
    ArtistDay.objects.all().delete()
    TrackDay.objects.create(track_id=0, day=day, streams=0, plays=1)
    assert queries.differences(day) == [
        Difference("artist", artist.pk, (0, 0), (2, 2)),
        Difference("track", 0, (0, 1), (0, 0)),
        Difference("track", track.pk, (1, 2), (2, 2)),
    ]


SENDINGS = st.lists(
    st.one_of(
        # Which plays are sent together, and how many hours after the first sending.
        st.tuples(st.lists(st.integers(0, 11), min_size=1, max_size=10), st.integers(0, 60)),
        # A rollup with this size of batch.
        st.integers(1, 5),
    ),
    max_size=10,
)
LENGTHS = st.lists(st.sampled_from([0, 30_000, 30_001, 31_000]), min_size=12, max_size=12)
KINDS = st.lists(st.sampled_from(["full", "full", "preview"]), min_size=12, max_size=12)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sendings=SENDINGS, lengths=LENGTHS, kinds=KINDS)
def test_totals_equal_a_recount_in_any_split_and_order(db, sendings, lengths, kinds):
    for model in (Play, PlayPending, TrackDay, ArtistDay):
        model.objects.all().delete()
    user, artists = UserFactory(), [ArtistFactory() for _ in range(3)]
    tracks = [
        TrackFactory(recording=RecordingFactory(by=by), ready=False)
        for by in ([artists[0]], [artists[0], artists[1]], [artists[2], artists[1]])
    ]
    issued_at = NOON - timedelta(hours=1)
    tickets = [
        ticket_for(user, tracks[place % 3], issued_at=issued_at, presentation=kind) for place, kind in enumerate(kinds)
    ]
    wanted: dict[int, date] = {}
    for sending in sendings:
        if isinstance(sending, int):
            roll_up(batch=sending, most_batches=2)
            continue
        places, hours = sending
        received_at = NOON + timedelta(hours=hours)
        plays = [sent_play(tickets[place], listened_ms=lengths[place], started_at=issued_at) for place in places]
        record(user, *plays, received_at=received_at)
        for place in places:
            wanted.setdefault(place, received_at.date())
    roll_up()

    tracks_wanted: dict[tuple[int, date], Counter[str]] = {}
    artists_wanted: dict[tuple[int, date], Counter[str]] = {}
    for place, day in wanted.items():
        streams = int(kinds[place] == "full" and lengths[place] > 30_000)
        track = tracks[place % 3]
        tracks_wanted.setdefault((track.pk, day), Counter()).update(streams=streams, plays=1)
        for artist in track.recording.artists.all():
            artists_wanted.setdefault((artist.pk, day), Counter()).update(streams=streams, plays=1)
    assert totals_of(TrackDay) == {key: [c["streams"], c["plays"]] for key, c in tracks_wanted.items()}
    assert totals_of(ArtistDay) == {key: [c["streams"], c["plays"]] for key, c in artists_wanted.items()}
    assert all(queries.differences(NOON.date() + timedelta(days=late)) == [] for late in range(4))
    assert not PlayPending.objects.exists()
