from django.db import migrations

# Raises the version of the documents in the order of their keys, so that two statements that raise the same can't
# deadlock. A row that begins to wait says since when.
RAISE = """
CREATE FUNCTION catalog_search_raise(what text, keys bigint[], fan boolean) RETURNS void LANGUAGE sql AS $$
    INSERT INTO catalog_indexrow AS held
        (kind, key, version, stored_version, indexed_version, fans_out, popularity, changed_at)
    SELECT what, key, 1, 0, 0, fan, 0, clock_timestamp()
    FROM (SELECT DISTINCT unnest(keys) AS key ORDER BY key) AS sorted
    ON CONFLICT (kind, key) DO UPDATE SET
        version = held.version + 1,
        fans_out = held.fans_out OR excluded.fans_out,
        changed_at = CASE WHEN held.stored_version = held.version THEN excluded.changed_at ELSE held.changed_at END
$$;
"""

# A playlist that is public no longer is out of the words at once; the row is raised first, and waits for a worker that
# is just storing it.
HIDE = """
DELETE FROM catalog_searchdocument AS document USING old_rows
WHERE document.row_kind = 'playlist' AND document.key = old_rows.id AND NOT EXISTS (
    SELECT FROM catalog_playlist AS held WHERE held.id = old_rows.id AND held.visibility = 'public'
);
"""

# table: what is raised, its keys among the changed rows, the columns that matter, whether what shows its name waits too
WATCHED = {
    "catalog_artist": ("artist", "SELECT id FROM changed", ("name", "sort_name", "native_name", "uid"), True),
    "catalog_artistalias": ("artist", "SELECT artist_id FROM changed", ("artist_id", "name"), True),
    "catalog_release": (
        "release", "SELECT id FROM changed", ("title", "version_title", "released_on", "uid"), True,
    ),
    "catalog_release_genres": ("release", "SELECT release_id FROM changed", ("release_id", "genre_id"), True),
    "catalog_releasecredit": ("release", "SELECT release_id FROM changed", ("release_id", "artist_id"), False),
    "catalog_genre": (
        "release",
        "SELECT held.release_id FROM changed JOIN catalog_release_genres AS held ON held.genre_id = changed.id",
        ("slug",),
        True,
    ),
    "catalog_recording": (
        "track",
        "SELECT held.id FROM changed JOIN catalog_track AS held ON held.recording_id = changed.id",
        ("title", "version_title", "explicit", "kind"),
        False,
    ),
    "catalog_recordingcredit": (
        "track",
        "SELECT held.id FROM changed JOIN catalog_track AS held ON held.recording_id = changed.recording_id",
        ("recording_id", "artist_id", "role", "position"),
        False,
    ),
    "catalog_track": ("track", "SELECT id FROM changed", ("release_id", "recording_id", "uid"), False),
    "catalog_playlist": (
        "playlist",
        "SELECT id FROM changed WHERE visibility = 'public'",
        ("name", "description", "visibility", "uid"),
        False,
    ),
}  # fmt: skip

EVENTS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}


def changed(event, columns):
    if event != "update":
        return f"SELECT * FROM {'new_rows' if event == 'insert' else 'old_rows'}"
    before, after = (", ".join(f"{rows}.{name}" for name in columns) for rows in ("old_rows", "new_rows"))
    differ = f"FROM old_rows JOIN new_rows USING (id) WHERE ROW({before}) IS DISTINCT FROM ROW({after})"
    # What it belonged to before waits as well.
    return f"SELECT old_rows.* {differ} UNION ALL SELECT new_rows.* {differ}"


def trigger(table, event):
    what, keys, columns, fan = WATCHED[table]
    name = f"{table}_search_{event}"
    hide = HIDE if what == "playlist" and event != "insert" else ""
    return f"""
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM catalog_search_raise(
            '{what}', ARRAY(WITH changed AS ({changed(event, columns)}) {keys}), {fan}
        );
        {hide}
        RETURN NULL;
    END $$;
    CREATE TRIGGER {name} AFTER {event} ON {table} {EVENTS[event]}
        FOR EACH STATEMENT EXECUTE FUNCTION {name}();
    """


def no_trigger(table, event):
    name = f"{table}_search_{event}"
    return f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"


PAIRS = [(table, event) for table in WATCHED for event in EVENTS]


class Migration(migrations.Migration):
    """A change of the catalogue raises the documents that show it, whoever writes it and however many rows at once."""

    dependencies = [("catalog", "0023_search")]

    operations = [
        migrations.RunSQL(RAISE, "DROP FUNCTION catalog_search_raise(text, bigint[], boolean);"),
        migrations.RunSQL(
            "".join(trigger(table, event) for table, event in PAIRS),
            "".join(no_trigger(table, event) for table, event in PAIRS),
        ),
    ]
