from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Search folds accents in SQL."""

    dependencies = [("catalog", "0001_initial")]

    operations = [UnaccentExtension()]
