from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Checking the rows there are doesn't hold the lock that adding the constraint needs.
    atomic = False

    dependencies = [("catalog", "0006_what_there_was")]

    operations = [
        AddConstraintNotValid(
            model_name="recording",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "ad"), ("label__isnull", False), _connector="OR"),
                name="recording_has_label",
                violation_error_message="Say whose recording it is: choose its label.",
            ),
        ),
        ValidateConstraint(model_name="recording", name="recording_has_label"),
    ]
