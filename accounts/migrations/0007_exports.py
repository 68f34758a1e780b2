import django.db.models.deletion
import streaming.lib.clock
import streaming.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_mail")]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=streaming.lib.ids.new_uid, editable=False, unique=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('ready', 'Ready'), ('failed', 'Failed'), ('expired', 'Expired')], default='waiting', max_length=7)),
                ('created_at', models.DateTimeField(default=streaming.lib.clock.now, editable=False)),
                ('ready_at', models.DateTimeField(editable=False, null=True)),
                ('claimed_at', models.DateTimeField(editable=False, null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0, editable=False)),
            ],
        ),
        migrations.AddField(
            model_name='export',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to=settings.AUTH_USER_MODEL),
        ),
    
    ]
