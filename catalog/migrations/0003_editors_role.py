from django.contrib.auth.management import create_permissions
from django.db import migrations

EDITABLE = (
    "artist", "genre", "label", "membership", "recording", "recordingcredit", "release", "releasecredit", "track",
)
READABLE = ("master", "ingestjob", "asset", "rendition")


def let_editors_edit(apps, schema_editor):
    config = apps.get_app_config("catalog")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    Group, Permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    codenames = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in EDITABLE]
    codenames += [f"view_{model}" for model in READABLE]
    editors, _ = Group.objects.get_or_create(name="catalogue editors")
    editors.permissions.add(*Permission.objects.filter(content_type__app_label="catalog", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_unaccent"), ("accounts", "0009_roles")]

    operations = [migrations.RunPython(let_editors_edit, migrations.RunPython.noop)]
