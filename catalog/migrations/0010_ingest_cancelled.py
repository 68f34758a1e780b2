from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

# Going back, there is no such state: the job says why it stopped.
CANCELLED_BECOMES_FAILED = """
    UPDATE catalog_ingestjob SET state = 'failed', error_code = 'CANCELLED', error_message = 'Somebody cancelled this.'
    WHERE state = 'cancelled'
"""


class Migration(migrations.Migration):
    # Checking the rows there are doesn't hold the lock that adding the constraint needs.
    atomic = False

    dependencies = [("catalog", "0009_ingest_whole")]

    operations = [
        AddConstraintNotValid(
            model_name="ingestjob",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", False), ("state__in", ["ready", "failed", "cancelled"])),
                    models.Q(("finished_at", None), ("state__in", ["waiting", "running"])),
                    _connector="OR",
                ),
                name="ingest_closed_at_the_end",
            ),
        ),
        ValidateConstraint(model_name="ingestjob", name="ingest_closed_at_the_end"),
        migrations.RemoveConstraint(model_name="ingestjob", name="ingest_finished_at_the_end"),
        migrations.RunSQL(migrations.RunSQL.noop, CANCELLED_BECOMES_FAILED),
    ]
