from celery import shared_task

from playback.ads import services


@shared_task(name="playback.ads.release_expired")
def release_expired() -> None:
    services.release_expired()
