"""Made-up rules, releases and audiences, all near one moment, so that windows begin and end around it."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from catalog.rights.rules import Audience, Facts, Terms

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
# Far apart on the clock, and one with a half hour.
MARKETS = ("US", "DE", "JP", "NZ", "IN")

moments = st.integers(-60, 60).map(lambda hours: NOON + timedelta(hours=hours))
days = st.integers(-3, 3).map(lambda count: date(2026, 6, 15) + timedelta(days=count))
some_moment, some_day = st.none() | moments, st.none() | days


@st.composite
def terms(draw, *, is_own=False):
    starts_at, ends_at = draw(some_moment), draw(some_moment)
    starts_on = draw(some_day) if starts_at is None else None
    ends_on = draw(some_day) if ends_at is None else None
    if starts_at and ends_at and ends_at <= starts_at:
        ends_at = starts_at + timedelta(hours=1)
    if starts_on and ends_on and ends_on <= starts_on:
        ends_on = starts_on + timedelta(days=1)
    scope = draw(st.sampled_from(["include", "exclude"]))
    named = draw(st.frozensets(st.sampled_from(MARKETS), min_size=1 if scope == "include" else 0))
    access = draw(st.sampled_from(["everyone", "paid", "preview"]))
    return Terms(scope, named, access, starts_at, starts_on, ends_at, ends_on, is_own)


@st.composite
def facts(draw):
    own = draw(st.booleans())
    return Facts(
        kind=draw(st.sampled_from(["audio", "video", "ad"])),
        is_ready=draw(st.booleans()),
        explicit=draw(st.booleans()),
        announced_at=draw(some_moment),
        released_on=draw(days),
        rules=tuple(draw(st.lists(terms(is_own=own), max_size=3))),
        taken_down_at=draw(some_moment),
    )


audiences = st.builds(
    Audience,
    market=st.sampled_from((*MARKETS, "FR")),
    tier=st.sampled_from(["free", "paid"]),
    hide_explicit=st.booleans(),
    at=moments,
)
