"""What was in the catalogue before rules, announcements and owners stays as it was: announced, and playable anywhere.

In batches, and repeatable: a row that has been given its value is left alone.
"""

from django.db import migrations

BATCH = 5_000

ANNOUNCE = """
    UPDATE catalog_release SET announced_at = created_at
    WHERE id IN (SELECT id FROM catalog_release WHERE announced_at IS NULL LIMIT %s)
"""
ALLOW = """
    INSERT INTO catalog_rule (uid, label_id, scope, territories, access, created_at)
    SELECT gen_random_uuid(), label.id, 'exclude', '{}', 'everyone', now() FROM catalog_label label
    WHERE NOT EXISTS (SELECT 1 FROM catalog_rule rule WHERE rule.label_id = label.id)
"""
OWN = """
    UPDATE catalog_recording recording SET label_id = (
        SELECT release.label_id FROM catalog_track track JOIN catalog_release release ON release.id = track.release_id
        WHERE track.recording_id = recording.id ORDER BY track.id LIMIT 1
    )
    WHERE recording.id IN (
        SELECT orphan.id FROM catalog_recording orphan
        WHERE orphan.label_id IS NULL AND orphan.kind <> 'ad'
          AND EXISTS (SELECT 1 FROM catalog_track track WHERE track.recording_id = orphan.id)
        LIMIT %s
    )
"""
# Uploaded and not yet on a release: somebody has to own them, and an editor can say who.
UNCLAIMED = "INSERT INTO catalog_label (uid, name) VALUES (gen_random_uuid(), 'Unclaimed') ON CONFLICT (name) DO NOTHING"
ORPHANS = "SELECT 1 FROM catalog_recording WHERE label_id IS NULL AND kind <> 'ad' LIMIT 1"
ADOPT = """
    UPDATE catalog_recording SET label_id = (SELECT id FROM catalog_label WHERE name = 'Unclaimed')
    WHERE label_id IS NULL AND kind <> 'ad'
"""


def backfill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for statement in (ANNOUNCE, OWN):
            cursor.execute(statement, [BATCH])
            while cursor.rowcount:
                cursor.execute(statement, [BATCH])
        cursor.execute(ORPHANS)
        if cursor.fetchone():
            cursor.execute(UNCLAIMED)
            cursor.execute(ADOPT)
        cursor.execute(ALLOW)


class Migration(migrations.Migration):
    # Each batch on its own: a live table is not locked for long.
    atomic = False

    dependencies = [("catalog", "0005_music_whole")]

    operations = [migrations.RunPython(backfill, migrations.RunPython.noop)]
