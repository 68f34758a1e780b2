from celery import shared_task

from catalog.rights import services


@shared_task(name="catalog.rights.touch_label")
def touch_label(label_id: int) -> None:
    services.touch_label(label_id=label_id)
