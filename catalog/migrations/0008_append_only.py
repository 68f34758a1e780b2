from django.db import migrations

TABLES = {"catalog_rightschange": "the history of rights", "catalog_takedownevent": "the history of takedowns"}


def trigger(table, words):
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{words} is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse();
        """,
        f"DROP TRIGGER {table}_append_only ON {table}; DROP FUNCTION {table}_refuse();",
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0007_owners_enforced")]

    operations = [trigger(table, words) for table, words in TABLES.items()]
