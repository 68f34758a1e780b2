import accounts.sessions.models
import streaming.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name='session',
            name='attempt_hash',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='session',
            name='country',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='session',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('signed_out', 'Signed Out'), ('ended_elsewhere', 'Ended Elsewhere'), ('password_changed', 'Password Changed'), ('reused', 'Reused'), ('disabled', 'Disabled'), ('erased', 'Erased'), ('staff', 'Staff')], editable=False, max_length=16),
        ),
        migrations.AddField(
            model_name='session',
            name='flow_state',
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name='session',
            name='generation',
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name='session',
            name='last_used_at',
            field=models.DateTimeField(default=streaming.lib.clock.now, editable=False),
        ),
        migrations.AddField(
            model_name='session',
            name='name',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name='session',
            name='platform',
            field=models.CharField(choices=[('ios', 'iPhone or iPad'), ('android', 'Android'), ('web', 'Web'), ('other', 'Other')], default='other', max_length=7),
        ),
        migrations.AddField(
            model_name='session',
            name='rotated_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='salt',
            field=models.BinaryField(default=accounts.sessions.models.new_salt, max_length=16),
        ),
        migrations.AddField(
            model_name='user',
            name='erased_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='explicit_lock',
            field=models.CharField(blank=True, editable=False, max_length=128),
        ),
        migrations.AddField(
            model_name='user',
            name='hide_explicit',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='user',
            name='language',
            field=models.CharField(default='en', help_text='BCP 47', max_length=35),
        ),
        migrations.AddField(
            model_name='user',
            name='market_changed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        # One default is made for all rows that are there; each needs its own.
        migrations.RunSQL(
            "UPDATE accounts_session SET salt = uuid_send(gen_random_uuid())", migrations.RunSQL.noop
        ),
    ]
