"""Writing a mail into the outbox, and sending what is in it."""

import logging
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string

from accounts.mail.models import Mail
from streaming.lib import clock
from streaming.lib.jobs import enqueue

# A server that refuses is tried again after this, this often; then the row stays for a person to look at, but not for
# ever: what it says is personal.
RETRY_AFTER = timedelta(minutes=1)
MAX_TRIES = 10
KEPT = timedelta(days=7)

log = logging.getLogger(__name__)


def send(*, to: str, template: str, context: dict[str, Any] | None = None) -> None:
    """Queue a mail of ours: templates mail/{template}_subject.txt and mail/{template}.txt."""
    said = context or {}
    subject = render_to_string(f"mail/{template}_subject.txt", said).strip()
    _queue(to=to, subject=subject, text=render_to_string(f"mail/{template}.txt", said), html="")


def send_message(message: EmailMessage) -> None:
    """Queue a mail that a library made."""
    alternatives = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    html = next((str(content) for content, kind in alternatives if kind == "text/html"), "")
    for to in message.to:
        _queue(to=to, subject=str(message.subject), text=str(message.body), html=html)


def _queue(*, to: str, subject: str, text: str, html: str) -> None:
    with transaction.atomic():
        mail = Mail.objects.create(to=to, subject=" ".join(subject.split())[:200], text=text, html=html)
        enqueue("accounts.mail.send", mail.pk)


def deliver(*, mail_id: int) -> bool:
    """Hand one mail to the server; False when it is sent already, or is being sent. The row goes with it.

    At least once: a crash between the hand-over and the commit sends it again.
    """
    with transaction.atomic():
        mail = Mail.objects.select_for_update(skip_locked=True).filter(pk=mail_id).first()
        if mail is None:
            return False
        message = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to])
        if mail.html:
            message.attach_alternative(mail.html, "text/html")
        try:
            message.send()
        except (OSError, ValueError) as error:
            # A server that is away or refuses, and an address that can't be written into a header.
            log.warning(
                "a mail was not sent", extra={"mail": mail.pk, "tries": mail.tries + 1, "why": type(error).__name__}
            )
            Mail.objects.filter(pk=mail.pk).update(tries=F("tries") + 1, tried_at=clock.now())
            return False
        mail.delete()
    return True


def pick_up() -> int:
    """Queue again what a crash, a broker or a mail server left behind; returns how many."""
    now = clock.now()
    Mail.objects.filter(created_at__lt=now - KEPT).delete()
    left = Q(tried_at=None, created_at__lt=now - timedelta(seconds=10)) | Q(tried_at__lt=now - RETRY_AFTER)
    ids = list(Mail.objects.filter(left, tries__lt=MAX_TRIES).order_by("pk").values_list("pk", flat=True)[:200])
    for mail_id in ids:
        enqueue("accounts.mail.send", mail_id)
    return len(ids)
