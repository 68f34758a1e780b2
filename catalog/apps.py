from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog.music import privacy
        from catalog.music.staff import ensure_staff, register_rules
        from catalog.rights.explain import explain_access
        from streaming.lib import explain

        post_migrate.connect(ensure_staff, sender=self)
        register_rules()
        privacy.connect()
        explain.register("access", "USER", "TRACK", tell=explain_access)
