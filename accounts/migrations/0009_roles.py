from django.contrib.auth.management import create_permissions
from django.db import migrations

GROUPS = ("catalogue editors", "label staff", "artist teams", "support", "operators")
MAY = {
    "catalogue editors": ("view_user",),
    "support": ("view_user", "view_session", "view_auditentry", "view_export", "end_sessions"),
}


def make_groups(apps, schema_editor):
    """Permissions are made after all migrations; those that are given here have to be there now."""
    config = apps.get_app_config("accounts")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in GROUPS:
        group, _ = Group.objects.get_or_create(name=name)
        codenames = MAY.get(name, ())
        group.permissions.add(*Permission.objects.filter(content_type__app_label="accounts", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_verified_addresses"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="session", options={"permissions": [("end_sessions", "Can end the sessions of a user")]}
        ),
        # Groups stay when it is undone: people are in them.
        migrations.RunPython(make_groups, migrations.RunPython.noop),
    ]
