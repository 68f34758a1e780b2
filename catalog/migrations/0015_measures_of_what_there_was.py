"""Recordings and releases get the loudness that their assets were published with.

In batches, and repeatable: a row that has been given its value is left alone.
"""

from django.db import migrations

BATCH = 5_000

RECORDINGS = """
    UPDATE catalog_recording recording SET loudness_lufs = asset.loudness_lufs, true_peak_db = asset.true_peak_db
    FROM catalog_asset asset
    WHERE asset.recording_id = recording.id AND asset.quality IN ('standard', 'video')
      AND asset.ready_at IS NOT NULL AND asset.replaced_at IS NULL
      AND recording.id IN (
        SELECT quiet.id FROM catalog_recording quiet JOIN catalog_asset loud ON loud.recording_id = quiet.id
        WHERE quiet.loudness_lufs IS NULL AND loud.loudness_lufs IS NOT NULL AND loud.true_peak_db IS NOT NULL
          AND loud.quality IN ('standard', 'video') AND loud.ready_at IS NOT NULL AND loud.replaced_at IS NULL
        LIMIT %s
      )
"""
RELEASES = """
    UPDATE catalog_release release SET loudness_lufs = album.loudness, true_peak_db = album.peak
    FROM (
        SELECT track.release_id, max(recording.true_peak_db) AS peak,
               round((10 * log(sum(power(10, recording.loudness_lufs / 10) * recording.duration_ms)
                               / sum(recording.duration_ms)))::numeric, 2) AS loudness
        FROM catalog_track track JOIN catalog_recording recording ON recording.id = track.recording_id
        JOIN catalog_release quiet ON quiet.id = track.release_id
        WHERE quiet.loudness_lufs IS NULL AND recording.loudness_lufs IS NOT NULL
          AND recording.true_peak_db IS NOT NULL AND recording.duration_ms > 0 AND recording.ready_at IS NOT NULL
        GROUP BY track.release_id
        LIMIT %s
    ) album
    WHERE release.id = album.release_id
"""


def backfill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in (RECORDINGS, RELEASES):
            cursor.execute(statement, [BATCH])
            while cursor.rowcount:
                cursor.execute(statement, [BATCH])


class Migration(migrations.Migration):
    # Each batch on its own: a live table is not locked for long.
    atomic = False

    dependencies = [("catalog", "0014_letters")]

    operations = [migrations.RunPython(backfill, migrations.RunPython.noop)]
