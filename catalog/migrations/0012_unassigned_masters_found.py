from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Indexes are built, and the rows there are checked, without a lock that writers wait for.
    atomic = False

    dependencies = [('catalog', '0011_unassigned_masters')]

    operations = [
        AddIndexConcurrently(
            model_name='master',
            index=models.Index(condition=models.Q(('sha256', ''), _negated=True), fields=['sha256'], name='master_same_file'),
        ),
        AddIndexConcurrently(
            model_name='master',
            index=models.Index(condition=models.Q(('recording', None), ('release', None)), fields=['label', 'id'], name='master_unassigned'),
        ),
        AddIndexConcurrently(
            model_name='master',
            index=models.Index(condition=models.Q(('uploaded_at', None)), fields=['created_at'], name='master_not_uploaded'),
        ),
        AddConstraintNotValid(
            model_name='master',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('recording', None), ('release__isnull', False)), models.Q(('recording__isnull', False), ('release', None)), models.Q(('label__isnull', False), ('recording', None), ('release', None)), _connector='OR'), name='master_of_one_thing_or_label'),
        ),
        ValidateConstraint(model_name='master', name='master_of_one_thing_or_label'),
    ]
