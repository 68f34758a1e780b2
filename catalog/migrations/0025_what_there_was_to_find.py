from django.db import migrations

TABLES = {"artist": "catalog_artist", "release": "catalog_release", "track": "catalog_track"}
INSERT = """
INSERT INTO catalog_indexrow (kind, key, version, stored_version, indexed_version, fans_out, popularity, changed_at)
SELECT '{kind}', id, 1, 0, 0, false, 0, clock_timestamp() FROM {table} {where} ORDER BY id
ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):
    """Everything that was there before the triggers waits for the worker."""

    dependencies = [("catalog", "0024_search_triggers")]

    operations = [
        migrations.RunSQL(
            "".join(INSERT.format(kind=kind, table=table, where="") for kind, table in TABLES.items())
            + INSERT.format(kind="playlist", table="catalog_playlist", where="WHERE visibility = 'public'"),
            migrations.RunSQL.noop,
        )
    ]
