from celery import shared_task

from analytics.plays import services
from streaming.lib import clock


@shared_task(name="analytics.plays.make_partitions")
def make_partitions() -> None:
    services.make_partitions(at=clock.now())
