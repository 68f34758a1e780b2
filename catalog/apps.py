from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog.music import privacy
        from catalog.music.staff import ensure_editors, register_rules

        post_migrate.connect(ensure_editors, sender=self)
        register_rules()
        privacy.connect()
