from celery import shared_task

from analytics.charts import services


@shared_task(name="analytics.charts.make_due")
def make_due() -> None:
    services.make_due()
