"""Rotating the key that seals what is stored."""

import pyotp
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import call_command
from django.utils import timezone

from accounts.sessions import keys
from accounts.sessions.services import start_session


def test_after_resealing_the_previous_key_is_not_needed(db, bob, api, settings, capsys):
    secret = pyotp.random_base32()
    TOTP.activate(bob, secret)
    code = RecoveryCodes.activate(bob).get_unused_codes()[0]
    token = start_session(user=bob).access_token
    settings.SEALING_KEYS = ["the next key", *settings.SEALING_KEYS]

    call_command("reseal")
    settings.SEALING_KEYS = ["the next key"]
    keys.forget()

    assert "3 secrets" in capsys.readouterr().out
    assert api.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert Authenticator.objects.get(type="totp").wrap().validate_code(pyotp.TOTP(secret).at(timezone.now()))
    assert Authenticator.objects.get(type="recovery_codes").wrap().validate_code(code)
