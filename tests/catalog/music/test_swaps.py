"""Rows of one page that swap what must be unique, or that take the place of one that goes, in one save."""

import pytest

from catalog.music.models import ArtistAlias, Lyrics, RecordingCredit
from tests.catalog.music.forms import form_of, in_page, send
from tests.factories import ArtistFactory, RecordingFactory, ReleaseFactory


@pytest.fixture
def client(staff_as, editor):
    return staff_as(editor)


def credited(factory):
    """Something by two artists: its rows, the field that they swap, and the two values."""
    one, two = ArtistFactory(name="One"), ArtistFactory(name="Two")
    thing = factory(by=[one, two])
    return thing, thing.credits, "credits", "artist", (one.pk, two.pk)


def recording(db):
    return credited(RecordingFactory)


def release(db):
    return credited(ReleaseFactory)


def lyrics(db):
    thing = RecordingFactory()
    for language in ("de", "en"):
        Lyrics.objects.create(recording=thing, language=language, text=f"In {language}")
    return thing, thing.lyrics.order_by("pk"), "lyrics", "language", ("de", "en")


def aliases(db):
    thing = ArtistFactory()
    for name in ("One", "Two"):
        ArtistAlias.objects.create(artist=thing, name=name)
    return thing, thing.aliases.order_by("pk"), "aliases", "name", ("One", "Two")


@pytest.fixture(params=[recording, release, lyrics, aliases], ids=lambda build: build.__name__)
def pair(request, db):
    return request.param(db)


def page_of(thing):
    return f"/admin/catalog/{thing._meta.model_name}/{thing.pk}/change/"


def stored(rows, field):
    """The value by the row's key."""
    return dict(rows.order_by("pk").values_list("pk", field))


def test_two_rows_swap_and_keep_their_keys(client, pair):
    thing, rows, prefix, field, (one, two) = pair
    before = stored(rows, field)
    form = form_of(client, page_of(thing))
    form.fill({f"{prefix}-0-{field}": two, f"{prefix}-1-{field}": one})

    assert send(client, page_of(thing), form).status_code == 302
    first, second = before
    assert before == {first: one, second: two}
    assert stored(rows, field) == {first: two, second: one}


def test_a_row_takes_the_place_of_one_that_goes(client, pair):
    thing, rows, prefix, field, (_, two) = pair
    first = min(stored(rows, field))
    form = form_of(client, page_of(thing))
    form.fill({f"{prefix}-0-{field}": two, f"{prefix}-1-DELETE": True})

    assert send(client, page_of(thing), form).status_code == 302
    assert stored(rows, field) == {first: two}


def test_two_equal_rows_are_refused_with_a_sentence(client, pair):
    thing, rows, prefix, field, (_, two) = pair
    before = stored(rows, field)
    form = form_of(client, page_of(thing))
    form.fill({f"{prefix}-0-{field}": two})

    refused = send(client, page_of(thing), form)

    assert refused.status_code == 200
    assert f"Please correct the duplicate data for {field}" in refused.content.decode()
    assert in_page(refused).values[f"{prefix}-0-{field}"] == [str(two)]
    assert stored(rows, field) == before


def test_one_artist_in_two_roles_swaps_with_another(client, db):
    thing, rows, prefix, _, (one, two) = credited(RecordingFactory)
    RecordingCredit.objects.create(recording=thing, artist_id=one, role="producer", position=2)
    form = form_of(client, page_of(thing))
    form.fill({f"{prefix}-0-role": "producer", f"{prefix}-2-role": "main", f"{prefix}-2-position": 9})

    assert send(client, page_of(thing), form).status_code == 302
    assert list(rows.order_by("pk").values_list("artist", "role", "position")) == [
        (one, "producer", 0),
        (two, "main", 1),
        (one, "main", 9),
    ]
