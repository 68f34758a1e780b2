from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import SigningKey
from streaming.lib.sealing import reseal

# What django-allauth seals in an authenticator's data: the secret of an app, the seed of recovery codes.
SEALED = ("secret", "seed")


class Command(BaseCommand):
    help = "Seal everything under the first of SEALING_KEYS, so that the previous one can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for pk in SigningKey.objects.values_list("pk", flat=True):
            with transaction.atomic():
                key = SigningKey.objects.select_for_update().get(pk=pk)
                key.sealed = reseal(key.sealed)
                key.save(update_fields=["sealed"])
            count += 1
        for pk in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list("pk", flat=True):
            # Locked: a recovery code that is used meanwhile changes the same column.
            with transaction.atomic():
                authenticator = Authenticator.objects.select_for_update().get(pk=pk)
                sealed = {name: reseal(authenticator.data[name]) for name in SEALED if name in authenticator.data}
                authenticator.data = {**authenticator.data, **sealed}
                authenticator.save(update_fields=["data"])
            count += 1
        self.stdout.write(f"{count} secrets are sealed under the first key.")
