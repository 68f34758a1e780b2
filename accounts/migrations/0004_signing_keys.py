import streaming.lib.clock
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_session_indexes")]

    operations = [
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kid', models.CharField(editable=False, max_length=16, unique=True)),
                ('sealed', models.TextField(editable=False)),
                ('created_at', models.DateTimeField(default=streaming.lib.clock.now, editable=False)),
                ('signs_from', models.DateTimeField(editable=False)),
                ('accepted_until', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
        ),
    ]
