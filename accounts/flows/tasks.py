from celery import shared_task

from accounts.flows import apple


@shared_task(name="accounts.flows.revoke_apple")
def revoke_apple(token_id: int) -> None:
    apple.revoke(token_id=token_id)


@shared_task(name="accounts.flows.pick_up_revocations")
def pick_up_revocations() -> None:
    apple.pick_up()
