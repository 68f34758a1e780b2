from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from accounts.models import User
        from billing import privacy, roles, schema  # noqa: F401  the schema registers its authentication
        from billing.apple import checks  # noqa: F401  importing registers it
        from billing.apple import queries as apple
        from billing.google import queries as google
        from billing.purchases import proofs, providers
        from billing.services import account_saved
        from billing.stripe.client import set_up
        from billing.stripe.queries import StripeApi

        post_save.connect(account_saved, sender=User)
        post_migrate.connect(roles.ensure_roles, sender=self)
        roles.register_rules()
        privacy.connect()
        set_up()
        providers.register("stripe", StripeApi())
        providers.register("apple", apple.AppleApi())
        providers.register("google", google.GoogleApi())
        proofs.register("apple", apple.read_proof)
        proofs.register("google", google.read_proof)
