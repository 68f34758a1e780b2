from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models.functions import Cast
from django.db.models.lookups import Regex

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"


def added(model, name, condition):
    return AddConstraintNotValid(model, models.CheckConstraint(condition=condition, name=name))


class Migration(migrations.Migration):
    # What is written from now on is held to them; the next migration looks at the rows there, under a lock that nobody
    # waits for. Each of these takes one that stops the table for a moment, by itself.
    atomic = False

    dependencies = [("catalog", "0016_what_waits")]

    operations = [
        added("lyrics", "lyrics_language_shape", models.Q(language__regex=LANGUAGE)),
        added(
            "recording",
            "recording_isrc_shape",
            models.Q(isrc=None) | models.Q(isrc__regex=r"^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$"),
        ),
        added("release", "release_upc_shape", models.Q(upc=None) | models.Q(upc__regex=r"^[0-9]{12,13}$")),
        added("release", "release_language_shape", models.Q(language="") | models.Q(language__regex=LANGUAGE)),
        added(
            "rule",
            "rule_territories_shape",
            Regex(Cast("territories", models.TextField()), r"^\{([A-Z]{2}(,[A-Z]{2})*)?\}$"),
        ),
        added("track", "track_place_from_one", models.Q(disc__gte=1, number__gte=1)),
    ]
