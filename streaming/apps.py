from django.apps import AppConfig


class StreamingConfig(AppConfig):
    name = "streaming"

    def ready(self) -> None:
        # Importing registers: the system checks, and the Celery app that services send tasks through.
        from streaming import celery, checks  # noqa: F401
