import streaming.lib.clock
import streaming.lib.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_signing_keys")]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=streaming.lib.ids.new_uid, editable=False, unique=True)),
                ('at', models.DateTimeField(db_index=True, default=streaming.lib.clock.now, editable=False)),
                ('event', models.CharField(editable=False, max_length=40)),
                ('user_uid', models.UUIDField(editable=False, null=True)),
                ('actor_uid', models.UUIDField(editable=False, null=True)),
                ('session_uid', models.UUIDField(editable=False, null=True)),
                ('address_hash', models.CharField(blank=True, editable=False, max_length=32)),
                ('request_id', models.CharField(blank=True, editable=False, max_length=64)),
                ('details', models.JSONField(default=dict, editable=False)),
            ],
            options={
                'verbose_name_plural': 'audit log',
            },
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['user_uid', '-at'], name='audit_of_user'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['event', '-at'], name='audit_of_event'),
        ),
        # In the database and not only in the model: a bulk update, a shell or another program must not rewrite it either.
        migrations.RunSQL(
            """
            CREATE FUNCTION accounts_auditentry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
            END $$;
            CREATE TRIGGER accounts_auditentry_append_only BEFORE UPDATE OR DELETE ON accounts_auditentry
                FOR EACH STATEMENT EXECUTE FUNCTION accounts_auditentry_refuse();
            """,
            "DROP TRIGGER accounts_auditentry_append_only ON accounts_auditentry;"
            "DROP FUNCTION accounts_auditentry_refuse();",
        ),
    ]
