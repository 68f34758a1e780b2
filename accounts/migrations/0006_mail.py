import streaming.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_audit_log")]

    operations = [
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('to', models.EmailField(editable=False, max_length=254)),
                ('subject', models.CharField(editable=False, max_length=200)),
                ('text', models.TextField(editable=False)),
                ('html', models.TextField(blank=True, editable=False)),
                ('created_at', models.DateTimeField(default=streaming.lib.clock.now, editable=False)),
                ('tried_at', models.DateTimeField(editable=False, null=True)),
                ('tries', models.PositiveSmallIntegerField(default=0, editable=False)),
            ],
        ),
    ]
