from celery import shared_task

from accounts.sessions.denials import assert_denials as assert_again


@shared_task(name="accounts.sessions.assert_denials")
def assert_denials() -> None:
    assert_again()
