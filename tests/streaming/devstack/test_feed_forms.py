import pytest

from streaming.devstack.feeder.forms import Page

FORM = """
<input type="hidden" name="master" value="7">
<form id="other_form"><input name="elsewhere"></form>
<form id="song_form">
  <input type="hidden" name="csrfmiddlewaretoken" value="a&amp;b">
  <input name="title" value="Old title"><input name="empty">
  <input type="checkbox" name="explicit"><input type="checkbox" name="public" checked>
  <input type="checkbox" name="kinds" value="a" checked><input type="checkbox" name="kinds" value="b" checked>
  <input type="radio" name="size" value="s"><input type="radio" name="size" value="m" checked>
  <input name="fixed" value="x" disabled><input type="file" name="file"><input type="submit" name="_save" value="Save">
  <textarea name="note">
Two
lines</textarea>
  <select name="kind"><option value="audio">Audio</option><option value="video">Video</option></select>
  <select name="market"><option value="">Any</option><option value="US" selected>United States</option></select>
  <select name="genres" multiple><option value="1" selected>One</option><option value="2">Two</option></select>
  <select name="plain"><option>Words</option></select>
  <input type="hidden" name="credits-TOTAL_FORMS" value="2"><input type="hidden" name="credits-INITIAL_FORMS" value="1">
  <input name="credits-0-artist" value="4"><input name="credits-0-position" value="0">
  <input name="credits-1-artist"><input name="credits-1-position" value="0">
  <input name="credits-__prefix__-artist"><input name="credits-__prefix__-position" value="9">
</form>
"""


@pytest.fixture
def form():
    return Page(FORM).form("song_form")


def test_a_form_is_sent_as_a_browser_would_send_it(form):
    assert [pair for pair in form.data() if not pair[0].startswith("credits")] == [
        ("csrfmiddlewaretoken", "a&b"),
        ("title", "Old title"),
        ("empty", ""),
        ("public", "on"),
        ("kinds", "a"),
        ("kinds", "b"),
        ("size", "m"),
        ("note", "Two\nlines"),
        ("kind", "audio"),
        ("market", "US"),
        ("genres", "1"),
        ("plain", "Words"),
    ]


def test_fields_outside_of_any_form_are_kept_apart(form):
    assert Page(FORM).loose.values == {"master": ["7"]}
    assert "elsewhere" not in form.values


def test_filling_in_replaces_what_was_there(form):
    form.fill({"title": "New", "explicit": True, "public": False, "genres": [2, 3]})

    sent = form.data()
    assert ("title", "New") in sent
    assert ("explicit", "on") in sent
    assert "public" not in dict(sent)
    assert [value for name, value in sent if name == "genres"] == ["2", "3"]


def test_a_field_that_is_not_there_is_named(form):
    with pytest.raises(KeyError, match="colour"):
        form.fill({"colour": "red"})


def test_rows_come_after_the_saved_ones_and_copy_the_spare_one_when_the_page_shows_too_few(form):
    form.add_rows("credits", [{"artist": 5}, {"artist": 6}])

    assert {name: value for name, value in form.data() if name.startswith("credits")} == {
        "credits-TOTAL_FORMS": "3",
        "credits-INITIAL_FORMS": "1",
        "credits-0-artist": "4",
        "credits-0-position": "0",
        "credits-1-artist": "5",
        "credits-1-position": "0",
        "credits-2-artist": "6",
        "credits-2-position": "9",
    }


def test_errors_are_read_with_the_name_of_their_field():
    page = Page("""
      <p class="errornote">Please correct the errors below.</p>
      <div class="errornote red">The address or the <b>password</b>
        is wrong.</div>
      <ul class="errorlist" id="id_title_error"><li>This field is required.</li></ul>
      <ul class="errorlist nonfield"><li>Choose one.</li><li>Not both.</li></ul>
      <ul><li>No error.</li></ul><div class="text-red-600">No field before it.</div>
      <div><select name="credits-0-artist" aria-invalid="true"><option value="">None</option></select>
        <div class="mt-2 text-red-600"> Choose an artist. </div></div>
    """)

    assert page.errors == [
        "The address or the password is wrong.",
        "title: This field is required.",
        "Choose one.",
        "Not both.",
        "credits-0-artist: Choose an artist.",
    ]
