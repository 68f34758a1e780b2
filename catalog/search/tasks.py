from celery import shared_task

from catalog.search import services


@shared_task(name="catalog.search.work_off_backlog")
def work_off_backlog() -> None:
    services.work_off_backlog()


@shared_task(name="catalog.search.repair_index")
def repair_index() -> None:
    services.repair_index()
