from celery import shared_task

from catalog.music import services, teams


@shared_task(name="catalog.music.push_track_records")
def push_track_records() -> None:
    services.push_tracks()


@shared_task(name="catalog.music.expire_invitations")
def expire_invitations() -> None:
    teams.expire_invitations()
