from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    # Rows are read while others write. One that does not fit is named by the error: mend it, and migrate again.
    atomic = False

    dependencies = [("catalog", "0017_codes_by_shape")]

    operations = [
        ValidateConstraint("lyrics", "lyrics_language_shape"),
        ValidateConstraint("recording", "recording_isrc_shape"),
        ValidateConstraint("release", "release_upc_shape"),
        ValidateConstraint("release", "release_language_shape"),
        ValidateConstraint("rule", "rule_territories_shape"),
        ValidateConstraint("track", "track_place_from_one"),
    ]
