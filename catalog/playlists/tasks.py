from celery import shared_task

from catalog.playlists import covers


@shared_task(name="catalog.playlists.make_cover")
def make_cover(cover_id: int) -> None:
    covers.make_cover(cover_id=cover_id)


@shared_task(name="catalog.playlists.pick_up_covers")
def pick_up_covers() -> None:
    covers.pick_up_covers()


@shared_task(name="catalog.playlists.discard_covers")
def discard_covers() -> None:
    covers.discard_covers()
