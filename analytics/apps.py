from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics.charts import roles
        from analytics.plays import privacy

        post_migrate.connect(roles.ensure_roles, sender=self)
        roles.register_rules()
        privacy.connect()
