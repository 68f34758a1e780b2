from celery import shared_task

from analytics.totals import services


@shared_task(name="analytics.totals.roll_up")
def roll_up() -> None:
    services.roll_up()
