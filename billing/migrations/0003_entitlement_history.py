from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_purchases")]

    operations = [
        # As the audit log: what somebody might do, and why, is never rewritten by anything.
        migrations.RunSQL(
            """
            CREATE FUNCTION billing_entitlementversion_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the entitlement history is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE TRIGGER billing_entitlementversion_append_only BEFORE UPDATE OR DELETE ON billing_entitlementversion
                FOR EACH STATEMENT EXECUTE FUNCTION billing_entitlementversion_refuse();
            """,
            "DROP TRIGGER billing_entitlementversion_append_only ON billing_entitlementversion;"
            "DROP FUNCTION billing_entitlementversion_refuse();",
        ),
    ]
