from django.apps import AppConfig
from django.db.models.signals import post_save


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from accounts.models import User
        from billing import privacy, schema  # noqa: F401  the schema registers its authentication
        from billing.services import account_saved

        post_save.connect(account_saved, sender=User)
        privacy.connect()
