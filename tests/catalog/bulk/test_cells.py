from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalog.bulk import cells


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (7.0, "7"),
        (1.5, "1.5"),
        (" a\nb\x00 ", "a b"),
        (datetime(2026, 11, 25), "2026-11-25"),  # noqa: DTZ001  a spreadsheet has no zones
        (datetime(2026, 11, 25, 18, tzinfo=UTC), "2026-11-25T18:00:00+00:00"),
        (date(2026, 11, 25), "2026-11-25"),
        ("'=SUM(A1)", "=SUM(A1)"),
        ("'n Sync", "'n Sync"),
    ],
)
def test_any_cell_becomes_one_line_of_text(value, text):
    assert cells.to_text(value) == text


@given(st.text(max_size=30))
def test_what_is_exported_is_read_back_and_is_never_a_formula(text):
    plain = cells.to_text(text)
    exported = cells.escape(plain)

    assert not exported.startswith(cells.FORMULA)
    if not plain.startswith("'"):
        assert cells.to_text(exported) == plain


@pytest.mark.parametrize(
    ("take", "text"),
    [
        (cells.yes_or_no, "perhaps"),
        (cells.number, "-1"),
        (cells.number, "1.5"),
        (cells.number, "٣"),
        (cells.number, "9" * 99),
        (cells.day, "25.11.2026"),
        (cells.day, "2026-02-30"),
        (cells.moment, "tomorrow"),
        (cells.moment, "2026-13-01T00:00:00Z"),
    ],
)
def test_a_cell_that_can_not_be_read_is_refused_with_a_sentence(take, text):
    with pytest.raises(ValidationError, match="Write "):
        take(text)


def test_cells_that_can_be_read():
    assert [cells.yes_or_no(text) for text in ("Yes", "1", "no", "")] == [True, True, False, False]
    assert cells.moment("") is None
    assert (
        cells.moment("2026-11-25T18:00:00Z")
        == cells.moment("2026-11-25 18:00")
        == datetime(2026, 11, 25, 18, tzinfo=UTC)
    )
    assert cells.names("A; B ;A;;") == ("A", "B")
    assert cells.code("qz-bbt-26-00001") == "QZBBT2600001"
