from celery import shared_task

from analytics.totals import popularity, services


@shared_task(name="analytics.totals.roll_up")
def roll_up() -> None:
    services.roll_up()


@shared_task(name="analytics.totals.pass_on_popularity")
def pass_on_popularity() -> None:
    popularity.pass_on_popularity()
