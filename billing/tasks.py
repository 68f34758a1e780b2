from celery import shared_task

from billing import services


@shared_task(name="billing.push_viewer_records")
def push_viewer_records() -> None:
    services.push_viewers()
