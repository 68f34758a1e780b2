from celery import shared_task

from catalog.music import services


@shared_task(name="catalog.music.push_track_records")
def push_track_records() -> None:
    services.push_tracks()
