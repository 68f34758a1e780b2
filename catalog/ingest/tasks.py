from celery import shared_task

from catalog.ingest import inspection, services, uploads


@shared_task(name="catalog.ingest.run_ingest")
def run_ingest(job_id: int) -> None:
    services.run_ingest(job_id=job_id)


@shared_task(name="catalog.ingest.pick_up_jobs")
def pick_up_jobs() -> None:
    services.pick_up_jobs()


@shared_task(name="catalog.ingest.discard_abandoned_assets")
def discard_abandoned_assets() -> None:
    services.discard_abandoned_assets()


@shared_task(name="catalog.ingest.inspect_master")
def inspect_master(master_id: int) -> None:
    inspection.inspect_master(master_id=master_id)


@shared_task(name="catalog.ingest.pick_up_inspections")
def pick_up_inspections() -> None:
    inspection.pick_up_inspections()


@shared_task(name="catalog.ingest.discard_abandoned_uploads")
def discard_abandoned_uploads() -> None:
    uploads.discard_abandoned_uploads()
