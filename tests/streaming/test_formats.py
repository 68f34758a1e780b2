"""Pages write dates as people of every country read them alike."""

from datetime import UTC, date, datetime

from django.utils.formats import localize


def test_dates_are_written_with_the_month_in_letters_and_times_with_their_zone():
    assert localize(date(2026, 11, 25)) == "25 Nov 2026"
    assert localize(datetime(2026, 12, 1, 4, 5, tzinfo=UTC)) == "1 Dec 2026, 04:05 UTC"
