"""What must be there before the web server starts: tables, the staff accounts of the demo and, on demand, static files.

One process for all of it, because each start of Django takes a second.
"""

import argparse
import os
from pathlib import Path

import django
from django.core.management import call_command

from streaming.devstack import keys
from streaming.devstack.cast import PEOPLE
from streaming.devstack.guardian import MARK


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collect", action="store_true", help="collect the static files too")
    collect = parser.parse_args().collect
    django.setup()
    call_command("migrate", interactive=False)
    if collect:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    secrets = keys.load(keys.path_in(Path(os.environ[MARK])))
    for person in PEOPLE:
        if person.staff:
            os.environ["STAFF_PASSWORD"] = secrets.passwords[person.email]
            os.environ["STAFF_TOTP_SECRET"] = secrets.totp_secrets[person.email]
            call_command("create_staff", email=person.email, role=person.staff, display_name=person.display_name)


if __name__ == "__main__":
    main()
