"""Each mail that can be sent is ours: plain text, short, and without what nobody needs."""

import re
from pathlib import Path

import pytest
from allauth.account.adapter import get_adapter
from django.template.loader import get_template
from django.test import RequestFactory

import accounts
from accounts.mail.models import Mail

FOLDER = Path(accounts.__file__).parent / "templates"
CODED = [
    "account/email/email_confirmation", "account/email/email_confirmation_signup",
    "account/email/password_reset_code",
]  # fmt: skip
OTHERS = [
    "account/email/account_already_exists", "account/email/unknown_account",
    "account/email/password_changed", "account/email/password_reset", "account/email/password_set",
    "account/email/email_changed", "account/email/email_confirm", "account/email/email_deleted",
    "mfa/email/totp_activated", "mfa/email/totp_deactivated", "mfa/email/recovery_codes_generated",
    "mfa/email/webauthn_added", "mfa/email/webauthn_removed",
    "socialaccount/email/account_connected", "socialaccount/email/account_disconnected",
]  # fmt: skip


def send(template):
    request = RequestFactory().get("/", HTTP_USER_AGENT="Netscape")
    context = {
        "request": request, "code": "BCDF-GHJK", "ip": "198.51.100.1", "user_agent": "Netscape", "provider": "Google",
        "signup_url": "https://example.com/sign-up", "password_reset_url": "https://example.com/sign-in",
    }  # fmt: skip
    get_adapter(request).send_mail(template, "bob@example.com", context)
    return Mail.objects.get()


@pytest.mark.parametrize("template", CODED + OTHERS)
def test_a_mail_is_plain_short_and_calm(db, template):
    mail = send(template)

    assert Path(get_template(f"{template}_message.txt").origin.name).is_relative_to(FOLDER)
    assert (mail.to, mail.html) == ("bob@example.com", "")
    assert 5 < len(mail.subject) < 60
    assert len(mail.text) < 500
    assert not re.search(r"!|&#|<|example\.com|198\.51|Netscape|\{", mail.subject + mail.text)


@pytest.mark.parametrize("template", CODED)
def test_a_code_is_on_a_line_of_its_own(db, template):
    assert re.findall(r"^Your code is (\S+)$", send(template).text, re.MULTILINE) == ["BCDF-GHJK"]


def test_every_template_of_ours_can_be_sent():
    """None is left over from a mail that the library no longer has."""
    ours = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("email/*_message.txt")}

    assert ours == {f"{template}_message.txt" for template in CODED + OTHERS}
