from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PlaybackConfig(AppConfig):
    name = "playback"

    def ready(self) -> None:
        from playback.ads import privacy, roles

        post_migrate.connect(roles.ensure_roles, sender=self)
        roles.register_rules()
        privacy.connect()
