"""What the tables themselves refuse, whoever writes past the forms: many rows at once, an UPDATE, a script."""

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.music.models import Lyrics, Recording, Release, Track
from catalog.music.validators import territories
from catalog.rights.models import Rule
from tests.factories import LabelFactory, RecordingFactory, ReleaseFactory, TrackFactory

REFUSED = [
    ("recording_isrc_shape", Recording, "isrc", ["", "QZBBT260000", "qzbbt2600001", "QZ-BBT-26-01"]),
    ("recording_isrc_shape", Recording, "isrc", ["QZBBT260000A", "1ZBBT2600001", "QZBBT260000\n", "ＱZBBT2600001"]),
    ("release_upc_shape", Release, "upc", ["", "03600029145", "03600029145X", "036000 29145", "03600029145２"]),
    ("release_language_shape", Release, "language", ["EN", "english", "en_GB", "en-", "e", "en\nfr"]),
    ("lyrics_language_shape", Lyrics, "language", ["", "EN", "en_GB"]),
    ("track_place_from_one", Track, "disc", [0]),
    ("track_place_from_one", Track, "number", [0]),
    ("rule_territories_shape", Rule, "territories", [["de"], ["DE", ""], ["D"], ["DE", None], ["D,"], ["ÄÖ"]]),
]
KEPT = [
    (Recording, "isrc", [None, "QZBBT2600001", "GBX012600001"]),
    (Release, "upc", [None, "036000291452", "4006381333931"]),
    (Release, "language", ["", "en", "pt-BR", "zh-Hant-TW", "es-419", "fil"]),
    (Lyrics, "language", ["en", "pt-BR", "es-419"]),
    (Track, "disc", [1, 99]),
    (Track, "number", [1, 999]),
    (Rule, "territories", [[], ["DE"], list(territories())]),
]


@pytest.fixture
def rows(db):
    track = TrackFactory(release=ReleaseFactory(label=LabelFactory()), recording=RecordingFactory())
    words = Lyrics.objects.create(recording=track.recording, language="en", text="Oh")
    made = [track, track.release, track.recording, words, track.release.label.rules.get()]
    return {type(row): row for row in made}


@pytest.mark.parametrize(
    ("constraint", "model", "field", "value"), [(*one, value) for *one, values in REFUSED for value in values]
)
def test_what_has_not_the_shape_is_refused_past_the_forms(rows, constraint, model, field, value):
    row = rows[model]
    setattr(row, field, value)

    for write in (
        lambda: model.objects.bulk_update([row], [field]),
        lambda: model.objects.filter(pk=row.pk).update(**{field: value}),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            write()


@pytest.mark.parametrize(("model", "field", "value"), [(*one, value) for *one, values in KEPT for value in values])
def test_what_may_be_entered_is_kept(rows, model, field, value):
    model.objects.filter(pk=rows[model].pk).update(**{field: value})

    assert model.objects.filter(pk=rows[model].pk, **{field: value}).exists()


def test_the_rows_that_there_were_have_been_looked_at(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c' AND NOT convalidated")
        assert cursor.fetchall() == []
