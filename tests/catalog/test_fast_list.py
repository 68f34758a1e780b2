"""The lists in the admin of the catalogue say, cell by cell, what the theme's own would."""

import html

import pytest
from django.test.html import parse_html
from unfold.templatetags import unfold_list

from catalog.ingest.models import Master
from streaming.lib import clock
from tests.catalog.test_changelist_queries import LISTS
from tests.factories import ArtistFactory, RecordingFactory

# The page of what was uploaded shows no table.
TABLES = sorted(set(LISTS) - {"master"})


def shown(page):
    """The cells of each row on the page, in the order of the list."""
    (table,) = [part for part in _all(parse_html(page.content.decode())) if ("id", "result_list") in part.attributes]
    return [[str(cell) for cell in row.children] for row in _all(table) if _is_row(row)]


def themes(page):
    changelist = page.context["cl"]
    return [
        [str(parse_html(str(cell))) for cell in unfold_list.items_for_result(changelist, row, None)]
        for row in changelist.result_list
    ]


def _all(element):
    yield element
    for child in getattr(element, "children", []):
        if not isinstance(child, str):
            yield from _all(child)


def _is_row(element):
    return element.name == "tr" and any("data-row" in value for name, value in element.attributes if name == "class")


@pytest.mark.parametrize("query", ["", "?_popup=1", "?_popup=1&_to_field=id"])
@pytest.mark.parametrize("name", TABLES)
def test_cells_are_the_themes(name, query, staff_as, editor):
    for _ in range(3):
        LISTS[name][0]()

    page = staff_as(editor).get(f"/admin/catalog/{name}/{query}")

    rows = shown(page)
    assert len(rows) >= 3
    assert rows == themes(page)


@pytest.mark.parametrize("name", ["recording", "release", "rule", "takedown"])
def test_an_empty_list_says_so(name, staff_as, editor):
    page = staff_as(editor).get(f"/admin/catalog/{name}/").content.decode()

    assert "No results found" in page
    assert 'id="result_list"' not in page


def test_what_is_typed_is_text_in_a_list(staff_as, editor):
    RecordingFactory(title="<script>alert(1)</script>", by=[ArtistFactory(name="A<b>C & 'D'")])

    page = staff_as(editor).get("/admin/catalog/recording/").content.decode()

    assert "<script>alert(1)" not in page
    assert html.escape("<script>alert(1)</script>") in page
    assert html.escape("A<b>C & 'D'") in page


def test_a_row_leads_back_to_the_filtered_list(staff_as, editor):
    recording = RecordingFactory(title="Song")

    page = staff_as(editor).get("/admin/catalog/recording/?kind__exact=audio").content.decode()

    assert f'href="/admin/catalog/recording/{recording.pk}/change/?_changelist_filters=kind__exact%3Daudio"' in page


def test_a_cell_about_a_row_that_is_not_there_is_empty_as_the_themes(staff_as, editor):
    """A master whose job is gone: the list is there all the same."""
    recording = RecordingFactory()
    Master.objects.create(
        recording=recording, key="a", filename="a.wav", size=1, content_type="audio/wav", uploaded_at=clock.now()
    )

    page = staff_as(editor).get("/admin/catalog/recording/")

    assert shown(page) == themes(page)
