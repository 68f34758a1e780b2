from django.contrib.auth.management import create_permissions
from django.db import migrations

EDITABLE = ("advertiser", "campaign", "creative")


def let_operators_edit(apps, schema_editor):
    config = apps.get_app_config("playback")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    codenames = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in EDITABLE]
    operators, _ = Group.objects.get_or_create(name="operators")
    wanted = Permission.objects.filter(content_type__app_label="playback", codename__in=[*codenames, "view_impression"])
    operators.permissions.add(*wanted)


class Migration(migrations.Migration):
    dependencies = [("playback", "0001_ads"), ("accounts", "0009_roles")]

    operations = [migrations.RunPython(let_operators_edit, migrations.RunPython.noop)]
