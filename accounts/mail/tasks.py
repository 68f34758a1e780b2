from celery import shared_task

from accounts.mail import services


@shared_task(name="accounts.mail.send")
def send(mail_id: int) -> None:
    services.deliver(mail_id=mail_id)


@shared_task(name="accounts.mail.pick_up")
def pick_up() -> None:
    services.pick_up()
