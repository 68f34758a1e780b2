from django.db import migrations

BATCH = 1000


def verify_addresses(apps, schema_editor):
    """Accounts from before the code was asked for signed in with their address: it counts as theirs. Can be run again."""
    User, EmailAddress = apps.get_model("accounts", "User"), apps.get_model("account", "EmailAddress")
    users = User.objects.exclude(pk__in=EmailAddress.objects.values("user_id")).order_by("pk")
    while batch := list(users[:BATCH]):
        EmailAddress.objects.bulk_create(
            EmailAddress(user_id=user.pk, email=user.email, verified=True, primary=True) for user in batch
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_exports"), ("account", "0009_emailaddress_unique_primary_email")]

    operations = [migrations.RunPython(verify_addresses, migrations.RunPython.noop)]
