from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save, pre_delete


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.flows import receivers
        from accounts.models import User
        from accounts.privacy.sections import register_all
        from accounts.roles import services
        from accounts.roles.groups import ensure_accounts
        from accounts.sessions.denials import restore_after_a_wipe
        from streaming.lib import redis

        receivers.connect()
        register_all()
        post_migrate.connect(ensure_accounts, sender=self)
        post_save.connect(services.user_saved, sender=User)
        pre_delete.connect(services.user_deleted, sender=User)
        redis.on_recovery.append(restore_after_a_wipe)
