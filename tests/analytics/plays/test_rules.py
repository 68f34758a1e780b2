import itertools
import uuid
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from analytics.plays import rules
from analytics.plays.rules import Facts, Rejection, SentPlay
from playback.tickets import PlayContext, Ticket

USER = uuid.UUID(int=1)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

moments = st.integers(0, 80 * 365 * 86_400_000).map(
    lambda since: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(milliseconds=since)
)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def ms(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def id_of(at: datetime, tail: int = 0) -> uuid.UUID:
    return uuid.UUID(int=(ms(at) << 80) | (7 << 76) | (2 << 62) | tail)


def ticket(issued_at: datetime, **fields) -> Ticket:
    some = uuid.UUID(int=2)
    made = {
        "play_id": id_of(issued_at),
        "user_uid": USER,
        "session_uid": some,
        "track_uid": some,
        "recording_uid": some,
        "artist_uids": (some,),
        "asset_uid": some,
        "presentation": "full",
        "tier": "free",
        "market": "US",
        "context": PlayContext("album"),
        "issued_at_ms": ms(issued_at),
    }
    return Ticket(**{**made, **fields})


def sent(listened_ms: int, started_at: datetime = NOON) -> SentPlay:
    return SentPlay("", listened_ms, started_at, started_at + timedelta(milliseconds=listened_ms))


def judge(made, play, received_at):
    return rules.judge(made, play, user_uid=USER, received_at=received_at)


def test_a_stream_is_more_than_thirty_seconds_of_the_whole_track():
    assert not rules.is_stream(presentation="full", listened_ms=30_000)
    assert rules.is_stream(presentation="full", listened_ms=30_001)
    assert not rules.is_stream(presentation="preview", listened_ms=30_001)


@given(elapsed=st.integers(0, 59 * 86_400_000), over=st.integers(-1000, 1000), issued_at=moments)
def test_nobody_listens_longer_than_the_time_since_the_ticket(elapsed, over, issued_at):
    received_at = issued_at + timedelta(milliseconds=elapsed)
    judged = judge(ticket(issued_at), sent(max(elapsed + over, 0), issued_at), received_at)
    too_long = elapsed + over > elapsed
    assert (judged is Rejection.LISTENED_TOO_LONG) == too_long
    assert isinstance(judged, Facts) != too_long


@given(age=st.timedeltas(timedelta(0), timedelta(days=200)))
def test_a_play_is_accepted_for_sixty_days_by_the_time_in_its_id(age):
    judged = judge(ticket(NOON - age), sent(0), NOON)
    # The id holds whole milliseconds.
    late = ms(NOON) - ms(NOON - age) > ms(EPOCH + timedelta(days=60))
    assert (judged is Rejection.TOO_LATE) == late


def test_each_rejection_has_its_reason():
    good = ticket(NOON - timedelta(minutes=5))
    assert judge(None, sent(0), NOON) is Rejection.BAD_TICKET
    assert judge(ticket(NOON, user_uid=uuid.UUID(int=9)), sent(0), NOON) is Rejection.NOT_YOURS
    assert judge(good, SentPlay("", 0, NOON, NOON - timedelta(seconds=1)), NOON) is Rejection.INVALID_TIMES


def test_a_ticket_from_the_future_is_rejected():
    assert judge(ticket(NOON + timedelta(hours=1)), sent(0), NOON) is Rejection.LISTENED_TOO_LONG


@given(started_at=moments, offset=offsets, issued_at=moments, wait=st.timedeltas(timedelta(0), timedelta(days=60)))
def test_the_listeners_date_lies_between_issue_and_receipt_on_their_own_calendar(started_at, offset, issued_at, wait):
    issued_at = EPOCH + timedelta(milliseconds=ms(issued_at))
    received_at = issued_at + wait
    found = rules.listened_on(started_at.astimezone(offset), issued_at_ms=ms(issued_at), received_at=received_at)
    assert issued_at.astimezone(offset).date() <= found <= received_at.astimezone(offset).date()
    if issued_at <= started_at <= received_at:
        assert found == started_at.astimezone(offset).date()


def test_the_two_dates_of_a_play_differ_where_the_listeners_midnight_is_not_ours():
    tokyo = timezone(timedelta(hours=9))
    received_at = datetime(2026, 11, 25, 16, tzinfo=UTC)
    started_at = datetime(2026, 11, 26, 0, 30, tzinfo=tokyo)
    judged = judge(ticket(received_at - timedelta(hours=1)), sent(31_000, started_at), received_at)
    assert judged == Facts(is_stream=True, listened_on=date(2026, 11, 26), counted_on=date(2026, 11, 25))


@given(at=moments, tail=st.integers(0, 2**62 - 1))
def test_an_id_lies_within_the_bounds_of_its_month(at, tail):
    play_id = id_of(at, tail)
    month = rules.month_of_id(play_id)
    assert month == rules.month_of(at.date())
    assert rules.first_id_of(month) <= play_id < rules.first_id_of(rules.shift_month(month, 1))


@given(at=moments)
def test_the_months_of_the_ledger_have_no_gap_and_hold_whatever_is_accepted(at):
    months = list(rules.ledger_months(at))
    assert all(rules.shift_month(one, 1) == next_one for one, next_one in itertools.pairwise(months))
    this_month = rules.month_of(at.date())
    wanted = {rules.shift_month(this_month, by) for by in range(-2, 3)} | {
        rules.month_of((at - timedelta(days=60)).date())
    }
    assert wanted <= set(months)
    assert len(months) <= 6


@given(number=st.integers(0, 2**128 - 1))
def test_any_id_has_a_month(number):
    assert rules.month_of_id(uuid.UUID(int=number)).day == 1


@given(month=st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(rules.month_of), by=st.integers(-30, 30))
def test_shifting_a_month_and_back_changes_nothing(month, by):
    assert rules.shift_month(rules.shift_month(month, by), -by) == month
