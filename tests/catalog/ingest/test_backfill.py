from importlib import import_module

from django.db import connection

from catalog.music.models import Recording, Release
from tests.factories.catalog import ReleaseFactory, TrackFactory, publish


def test_what_was_published_before_is_as_loud_as_its_assets(db, django_assert_num_queries):
    release = ReleaseFactory()
    first, second = TrackFactory(release=release), TrackFactory(release=release)
    publish(first, duration_ms=60_000)
    TrackFactory(release=release, ready=False)
    Recording.objects.update(loudness_lufs=None, true_peak_db=None)
    Release.objects.update(loudness_lufs=None, true_peak_db=None)
    second.recording.assets.update(loudness_lufs=-20.0, true_peak_db=0.5)
    migration = import_module("catalog.migrations.0015_measures_of_what_there_was")

    # Each statement once for the rows, and once to see that none is left.
    with connection.schema_editor() as editor, django_assert_num_queries(4):
        migration.backfill(None, editor)

    found = Recording.objects.order_by("pk").values_list("loudness_lufs", "true_peak_db")
    assert list(found) == [(-10.0, -1.5), (-20.0, 0.5), (None, None)]
    release.refresh_from_db()
    assert (release.loudness_lufs, release.true_peak_db) == (-12.6, 0.5)
