from celery import shared_task

from accounts.privacy import exports


@shared_task(name="accounts.privacy.make_export")
def make_export(export_id: int) -> None:
    exports.make_export(export_id=export_id)


@shared_task(name="accounts.privacy.pick_up_exports")
def pick_up_exports() -> None:
    exports.pick_up()


@shared_task(name="accounts.privacy.discard_old_exports")
def discard_old_exports() -> None:
    exports.discard_old()
