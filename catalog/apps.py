from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from accounts.roles.signals import label_staff_made
        from catalog.library import privacy as library_privacy
        from catalog.music import privacy, teams
        from catalog.music.staff import ensure_staff, register_rules
        from catalog.playlists import privacy as playlists_privacy
        from catalog.rights.explain import explain_access
        from catalog.search import privacy as search_privacy
        from streaming.lib import explain

        post_migrate.connect(ensure_staff, sender=self)
        register_rules()
        privacy.connect()
        library_privacy.connect()
        playlists_privacy.connect()
        search_privacy.connect()
        label_staff_made.connect(teams.join_label)
        explain.register("access", "USER", "TRACK", tell=explain_access)
