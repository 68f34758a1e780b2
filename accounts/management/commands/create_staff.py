import os
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.emails import normalise_email
from accounts.models import User

ROLES = {"editor": "catalogue editors", "operator": ""}


class Command(BaseCommand):
    help = "Create or update a staff account. The password is read from the environment variable STAFF_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument("--display-name", default="")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        password = os.environ.get("STAFF_PASSWORD")
        if not password:
            raise CommandError("Set STAFF_PASSWORD to the password of the account.")
        email, role = normalise_email(options["email"]), options["role"]
        user = User.objects.filter(email=email).first() or User(email=email)
        user.display_name = options["display_name"] or user.display_name
        user.is_staff, user.is_superuser = True, role == "operator"
        user.set_password(password)
        user.save()
        groups = [Group.objects.get_or_create(name=ROLES[role])[0]] if ROLES[role] else []
        user.groups.set(groups)
        self.stdout.write(f"{email} is staff with the role {role}.")
